"""Hostile bytes in, checked instances and images out: the only package that knows pydicom.

pydicom and its decoders take most of a second to load, so what needs them is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from medcore.dicom.attributes import Attributes
from medcore.dicom.frame import Frame
from medcore.dicom.outcome import CheckedFile, Refusal
from medcore.dicom.series import sort_series
from medcore.dicom.windowing import Window, apply_window

if TYPE_CHECKING:
    from medcore.dicom.decoders import start_decoders, stop_decoders
    from medcore.dicom.display import display_values, render, thumbnail, windows_for
    from medcore.dicom.frames import read_frame
    from medcore.dicom.intake import check_files
    from medcore.dicom.structured_report import measurement_report

__all__ = [
    "Attributes",
    "CheckedFile",
    "Frame",
    "Refusal",
    "Window",
    "apply_window",
    "check_files",
    "display_values",
    "measurement_report",
    "read_frame",
    "render",
    "sort_series",
    "start_decoders",
    "stop_decoders",
    "thumbnail",
    "windows_for",
]

_LATE = {
    "check_files": "intake",
    "display_values": "display",
    "measurement_report": "structured_report",
    "read_frame": "frames",
    "render": "display",
    "start_decoders": "decoders",
    "stop_decoders": "decoders",
    "thumbnail": "display",
    "windows_for": "display",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)

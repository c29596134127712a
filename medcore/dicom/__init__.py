"""Hostile bytes in, checked instances and images out: the only package that knows pydicom."""

from medcore.dicom.attributes import Attributes
from medcore.dicom.frame import Frame
from medcore.dicom.outcome import CheckedFile, Refusal
from medcore.dicom.windowing import Window, apply_window

__all__ = ["Attributes", "CheckedFile", "Frame", "Refusal", "Window", "apply_window"]

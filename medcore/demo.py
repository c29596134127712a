"""Demonstration studies: real ones, from the package pydicom-data (MIT)."""

from importlib.resources import files
from pathlib import Path

STUDIES = (
    "RG1_UNCR.dcm",  # chest film, CR
    "RG3_UNCR.dcm",  # lower leg with a non-ossifying fibroma, CR
    "693_UNCR.dcm",  # head, CT
    "MR2_UNCR.dcm",  # shoulder, MR
    "color3d_jpeg_baseline.dcm",  # heart, ultrasound cine of 120 frames in colour
)


def demonstration_files() -> tuple[Path, ...]:
    """Return where the demonstration studies lie on this machine."""
    folder = Path(str(files("data_store"))) / "data"
    return tuple(folder / name for name in STUDIES)

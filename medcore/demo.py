"""Demonstration studies: real ones from the package pydicom-data (MIT), and chest films of nobody that come along."""

from importlib.resources import files
from pathlib import Path

from medcore.settings import REPOSITORY

SYNTHETIC_FILMS = REPOSITORY / "assets" / "synthetic-films"
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
    return (*(folder / name for name in STUDIES), *sorted(SYNTHETIC_FILMS.glob("*.dcm")))

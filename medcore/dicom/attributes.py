"""What MedCore keeps of one instance's header: plain text and numbers, never markup.

Source: DICOM PS3.3, C.7 (patient, study, series, image modules) and PS3.6 (the attributes' names).
"""

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

DATES = ("patient_birth_date", "study_date")


@dataclass(frozen=True)
class Attributes:
    """The attributes of one instance that the dashboard shows, searches or computes with."""

    sop_instance_uid: str
    sop_class_uid: str
    study_instance_uid: str
    series_instance_uid: str
    transfer_syntax_uid: str
    patient_id: str = ""
    patient_name: str = ""  # "Family, Given"; the ideographic form follows in brackets where there is one
    patient_sex: str = ""
    patient_birth_date: date | None = None
    patient_age_years: float | None = None  # on the day of the study
    study_date: date | None = None
    study_description: str = ""
    accession_number: str = ""
    modality: str = ""
    series_description: str = ""
    body_part_examined: str = ""
    view_position: str = ""
    laterality: str = ""
    manufacturer: str = ""
    manufacturer_model: str = ""
    institution: str = ""
    series_number: int | None = None
    instance_number: int | None = None
    rows: int = 0
    columns: int = 0
    number_of_frames: int = 1
    photometric_interpretation: str = ""
    bits_stored: int = 0
    image_position_mm: tuple[float, float, float] | None = None
    image_orientation: tuple[float, float, float, float, float, float] | None = None
    pixel_spacing_mm: tuple[float, float] | None = None  # between rows, between columns
    spacing_source: str = ""  # "Pixel Spacing" (in the patient), "Imager Pixel Spacing" (on the detector) or ""
    pixel_aspect_ratio: tuple[float, float] | None = None  # height and width of a pixel, in any unit
    synthetic: bool = False  # (0008,001C) Synthetic Data
    has_pixels: bool = True

    @property
    def pixel_aspect(self) -> float:
        """Height of a pixel over its width; 1 where the file does not say. PS3.3, C.7.6.3.1.7."""
        height, width = self.pixel_spacing_mm or self.pixel_aspect_ratio or (1.0, 1.0)
        return height / width

    def as_json(self) -> dict[str, Any]:
        """Return the attributes as values that JSON knows; dates become ISO 8601 text."""
        values = asdict(self)
        for name in DATES:
            values[name] = values[name].isoformat() if values[name] else None
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Attributes":
        """Rebuild the attributes from what `as_json` gave; names that this version does not know are left out."""
        known = {field.name for field in fields(cls)}
        kept = {name: _tuple(value) for name, value in values.items() if name in known}
        for name in DATES:
            kept[name] = date.fromisoformat(kept[name]) if kept.get(name) else None
        return cls(**kept)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value

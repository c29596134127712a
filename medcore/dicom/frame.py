"""One frame of an instance, ready to be shown or measured."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from medcore.dicom.luts import LookupTable, Rescale
from medcore.dicom.windowing import Window


@dataclass(frozen=True)
class Frame:
    """The pixels of one frame and how the file wants them shown."""

    stored: np.ndarray  # (rows, columns) stored values, or (rows, columns, 3) uint8 RGB; may be read-only
    is_color: bool = False
    inverted: bool = False  # MONOCHROME1: the lowest value is white
    windows: tuple[Window, ...] = ()  # the file's own, the preferred first
    voi_lut: LookupTable | None = None
    modality_lut: Rescale | LookupTable = field(default_factory=Rescale)
    modality: str = ""
    unit: str = ""  # "HU" where the values are Hounsfield units
    bits_stored: int = 8
    padding: tuple[float, float] | None = None  # lowest and highest stored value that mean "no image here"

    @cached_property
    def values(self) -> np.ndarray:
        """Modality values (rows, columns), HU for CT; for colour the uint8 RGB (rows, columns, 3)."""
        return self.stored if self.is_color else self.modality_lut.apply(self.stored)

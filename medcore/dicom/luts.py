"""Modality and VOI transformations of one frame, as values.

Source: DICOM PS3.3, C.11.1 (Modality LUT) and C.11.2 (VOI LUT).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rescale:
    """Modality value = slope * stored value + intercept."""

    slope: float = 1.0
    intercept: float = 0.0

    @property
    def is_identity(self) -> bool:
        """Whether stored values are modality values already."""
        return self.slope == 1 and self.intercept == 0

    def apply(self, stored: np.ndarray) -> np.ndarray:
        """Return modality values: the array itself for the identity, else float32 of the same shape."""
        if self.is_identity:
            return stored
        if stored.dtype.itemsize > 2:  # float32 alone cannot hold a 32-bit stored value exactly
            return (stored.astype(np.float64) * self.slope + self.intercept).astype(np.float32)
        values = stored.astype(np.float32)
        values *= np.float32(self.slope)
        values += np.float32(self.intercept)
        return values


@dataclass(frozen=True)
class LookupTable:
    """A table of output values; inputs outside it take its first or last entry."""

    table: np.ndarray  # (entries,) unsigned integers
    first_mapped: int  # the input value of the first entry
    bits: int  # of each entry

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return the table's entries for `values`, same shape, in the table's own type."""
        indices = np.rint(values) if values.dtype.kind == "f" else values
        indices = np.clip(indices.astype(np.int64) - self.first_mapped, 0, len(self.table) - 1)
        entries: np.ndarray = self.table[indices]
        return entries

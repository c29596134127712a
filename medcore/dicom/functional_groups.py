"""Find what an enhanced multi-frame image says about one frame.

Source: DICOM PS3.3, C.7.6.16 (Multi-frame Functional Groups).
"""

from pydicom.dataset import Dataset

from medcore.dicom.elements import items, raw_length

LONGEST_GROUP = 64 * 2**10  # bytes of one group: real ones have hundreds, and an item of 8 bytes takes 30 us to read
KEYWORDS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")


def group_of(ds: Dataset, frame: int, keyword: str) -> Dataset | None:
    """Return the first item of functional group `keyword` for `frame`: the frame's own, else the shared one."""
    groups = items(ds, "PerFrameFunctionalGroupsSequence")[frame : frame + 1]
    for group in groups + items(ds, "SharedFunctionalGroupsSequence")[:1]:
        found = items(group, keyword) if raw_length(group, keyword) <= LONGEST_GROUP else []
        if found:
            return found[0]
    return None


def with_group(ds: Dataset, frame: int, keyword: str, element: str) -> Dataset:
    """Return the data set that holds `element` for `frame`: `ds` itself, or functional group `keyword`."""
    if element in ds:
        return ds
    return group_of(ds, frame, keyword) or ds

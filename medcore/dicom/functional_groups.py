"""Find what an enhanced multi-frame image says about one frame.

Source: DICOM PS3.3, C.7.6.16 (Multi-frame Functional Groups).
"""

from pydicom.dataset import Dataset

from medcore.dicom.elements import item_at, items, raw_length

LONGEST_GROUP = 64 * 2**10  # bytes of one group: real ones have hundreds, and an item of 8 bytes takes 30 us to read
KEYWORDS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")


def group_of(ds: Dataset, frame: int, keyword: str) -> Dataset | None:
    """Return the first item of functional group `keyword` for `frame`: the frame's own, else the shared one."""
    for groups, place in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        group = item_at(ds, groups, place)
        found = items(group, keyword) if group is not None and raw_length(group, keyword) <= LONGEST_GROUP else []
        if found:
            return found[0]
    return None


def with_group(ds: Dataset, frame: int, keyword: str, element: str) -> Dataset:
    """Return the data set that holds `element` for `frame`: `ds` itself, or functional group `keyword`."""
    if element in ds:
        return ds
    return group_of(ds, frame, keyword) or ds

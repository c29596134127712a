"""Single elements read leniently, and not without bounds."""

import time
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medcore.dicom.elements import text
from medcore.dicom.functional_groups import LONGEST_GROUP, group_of
from tests.films import make_film, ramp, write


def windowed(center: int) -> Dataset:
    window = Dataset()
    window.WindowCenter, window.WindowWidth = center, 10
    return window


def read_group(folder: Path, windows: list[Dataset]) -> Dataset | None:
    """Write a film whose shared functional group holds these windows, and read the group back as frame 0 sees it."""
    group = Dataset()
    group.FrameVOILUTSequence = Sequence(windows)
    film = make_film(ramp(), SharedFunctionalGroupsSequence=Sequence([group]))
    return group_of(dcmread(write(film, folder / "film")), 0, "FrameVOILUTSequence")


def test_a_functional_group_of_usual_size_is_read(tmp_path: Path) -> None:
    found = read_group(tmp_path, [windowed(40)])
    assert found is not None and found.WindowCenter == 40


def test_a_functional_group_too_large_to_be_real_is_left_out_without_being_read(tmp_path: Path) -> None:
    windows = [windowed(40)] * (LONGEST_GROUP // 30)  # an item of two decimals takes more than 30 bytes
    began = time.process_time()
    assert read_group(tmp_path, windows) is None
    assert time.process_time() - began < 2


def test_a_long_text_in_another_alphabet_is_left_out(tmp_path: Path) -> None:
    for length, expected in ((10, "ä" * 10), (300_000, "")):
        film = make_film(ImageComments="ä" * length)
        assert text(dcmread(write(film, tmp_path / str(length))), "ImageComments") == expected

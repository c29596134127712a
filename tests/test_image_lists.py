"""Lists of images stay within a bound, whatever the files say of themselves; what failed is not tried at once again."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from pydicom.dataset import Dataset

from medcore.dicom import sending, stop_decoders
from medcore.errors import PixelError
from medcore.library import Library, Series
from medcore.server import failures, image_lists
from medcore.server.image_lists import CROWDED, ImageLists
from medcore.server.library import ServerLibrary
from medcore.server.pixel_store import PixelStore
from medcore.settings import Settings
from tests.films import ramp, write_film

ENTRIES = 4000
FILMS = 4


@pytest.fixture
def library(tmp_path: Path) -> Iterator[ServerLibrary]:
    """A library with one series of films with long tables, and a run of frames."""
    settings = Settings(data_dir=tmp_path / "data", models_dir=tmp_path)
    files = tmp_path / "files"
    for number in range(FILMS):
        uids = {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.4"}
        write_film(files / str(number), ramp(), VOILUTSequence=[_table()], InstanceNumber=number, **uids)
    write_film(files / "run", np.zeros((50, 2, 2), np.uint8), SeriesInstanceUID="1.2.3.5", PatientID="RUN")
    added = Library.open(settings)
    added.add([files])
    added.close()
    served = ServerLibrary(settings)
    yield served
    served.close()
    stop_decoders()


def _table() -> Dataset:
    table = Dataset()
    table.add_new(0x00283002, "US", [ENTRIES, 0, 16])
    table.add_new(0x00283006, "OW", (10_000 + np.arange(ENTRIES)).astype("<u2").tobytes())
    return table


def _series(library: ServerLibrary, patient_id: str) -> Series:
    opened = library.open()
    studies = [opened.study(row.id) for row in opened.studies().rows]
    (series,) = (one for study in studies if study.patient_id == patient_id for one in study.series)
    return series


def _list(lists: ImageLists, series: Series) -> dict[str, Any]:
    return anyio.run(lists.series, series)


def _lists(library: ServerLibrary, tmp_path: Path) -> ImageLists:
    return ImageLists(PixelStore(library, Settings(data_dir=tmp_path / "data", models_dir=tmp_path)))


def test_a_list_stays_within_its_bound_and_says_what_it_leaves_out(
    library: ServerLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = _series(library, "TEST-1")
    bound = 2 * 7 * ENTRIES  # bytes: an entry is five digits, a comma and a blank
    monkeypatch.setattr(image_lists, "LONGEST_LIST", bound + 5000)
    for _ in ("described now", "known from before"):
        listed = _list(_lists(library, tmp_path), series)
        shown = [image for image in listed["images"] if "error" not in image]
        left_out = [image for image in listed["images"] if "error" in image]
        assert [len(image["voi_lut"]["table"]) for image in shown] == [ENTRIES, ENTRIES]
        assert [(image["error"], image["voi_lut"]) for image in left_out] == 2 * [(CROWDED, None)]
        assert len(listed["order"]) == FILMS


def test_frames_of_which_nothing_is_known_take_room_too(
    library: ServerLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = _series(library, "RUN")
    monkeypatch.setattr(sending, "describe_files", lambda paths: [PixelError("Damaged.") for _ in paths])
    (image,) = _list(_lists(library, tmp_path), series)["images"]
    assert (image["error"], image["frames"], len(image["per_frame"])) == ("Damaged.", 50, 50)
    monkeypatch.setattr(image_lists, "LONGEST_LIST", 100)
    (image,) = _list(_lists(library, tmp_path), series)["images"]
    assert (image["error"], image["frames"], len(image["per_frame"])) == (CROWDED, 1, 1)


def test_what_cannot_be_described_is_not_tried_again_for_a_while(
    library: ServerLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series, tried = _series(library, "RUN"), []

    def fail(paths: Sequence[Path]) -> list[PixelError]:
        tried.append(paths)
        return [PixelError("Damaged.")]

    monkeypatch.setattr(sending, "describe_files", fail)
    lists = _lists(library, tmp_path)
    for _ in range(3):
        assert _list(lists, series)["images"][0]["error"] == "Damaged."
    assert len(tried) == 1
    monkeypatch.setattr(failures, "KEPT_S", 0.0)
    _list(lists, series)
    assert len(tried) == 2


def test_a_frame_that_cannot_be_made_is_tried_once_for_many_browsers(
    library: ServerLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (film,) = _series(library, "RUN").instances
    store = PixelStore(library, Settings(data_dir=tmp_path / "data", models_dir=tmp_path))
    tried: list[str] = []

    def make(target: Path) -> None:
        tried.append(target.name)
        raise PixelError("Damaged.")

    async def ask(name: str, answers: list[str]) -> None:
        try:
            await store.body(film, name, make)
        except PixelError as error:
            answers.append(str(error))

    async def ask_at_once(answers: list[str]) -> None:
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(ask, "1-zstd-1", answers)
        await ask("2-zstd-1", answers)

    answers: list[str] = []
    anyio.run(ask_at_once, answers)
    assert (answers, len(tried)) == (21 * ["Damaged."], 2)  # the other frame by itself
    monkeypatch.setattr(failures, "KEPT_S", 0.0)
    anyio.run(ask, "1-zstd-1", answers)
    assert len(tried) == 3


def test_no_more_failures_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "KEPT", 2)
    remembered = failures.Failures()
    for key in ("one", "two", "one", "three"):
        remembered.add(key, key)
    assert [remembered.reason(key) for key in ("one", "two", "three", "four")] == ["one", "", "three", ""]

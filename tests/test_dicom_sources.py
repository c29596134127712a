"""Whatever folders, archives and indexes hold, they are taken apart into files and refusals, and never raise."""

import os
import random
import socket
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import MediaStorageDirectoryStorage, generate_uid

from medcore.dicom import CheckedFile, Refusal, check_files, start_decoders
from medcore.dicom.decoders import outcome, submit
from medcore.dicom.items import Item
from medcore.dicom.sources import DEPTH_LIMIT, expand
from tests import attacks
from tests.films import make_film, write, write_film
from tests.test_hostile import GROWTH_LIMIT, TIME_LIMIT_S, Meter, children

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into Linux's /proc")
ENTRIES = 400_000  # of a table of contents; 18 MB
ENTRY = b"PK\x01\x02" + struct.pack("<6H3L5H2L", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
LOCAL = b"PK\x03\x04" + struct.pack("<5H3L2H", 20, 0, 0, 0, 33, 0, 0, 0, 1, 0) + b"a"
LENGTH = ENTRIES * len(ENTRY)


@pytest.fixture(scope="module", autouse=True)
def warm_decoders() -> Iterator[None]:
    start_decoders()
    return


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    folder = tmp_path / "staging"
    folder.mkdir()
    return folder


def _refused(*paths: Path) -> list[Refusal]:
    found = list(expand(paths))
    assert all(isinstance(outcome, Refusal) for outcome in found)
    return [outcome for outcome in found if isinstance(outcome, Refusal)]


def _sources(*paths: Path) -> list[str]:
    return [found.source for found in expand(paths)]


# Indexes


def _index(path: Path, vr: str, value: object) -> Path:
    index, record = Dataset(), Dataset()
    index.SOPClassUID, index.SOPInstanceUID = MediaStorageDirectoryStorage, generate_uid()
    record.DirectoryRecordType = "IMAGE"
    record.add_new("ReferencedFileID", vr, value)
    index.DirectoryRecordSequence = [record]
    return write(index, path)


@pytest.mark.filterwarnings("ignore:The value length:UserWarning", "ignore:Invalid value for VR:UserWarning")
@pytest.mark.parametrize(
    "vr, value",
    [
        ("CS", "A" * 300),
        ("CS", ["A" * 17]),
        ("CS", ["A"] * 9),
        ("CS", ["A" * 255] * 15),
        ("LO", "\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("US", 5),
        ("US", [5, 6]),
        ("FD", [0.0, float("nan")]),
        ("AT", 0x00080008),
        ("OB", b"\xff\x00" * 8),
        ("SQ", [Dataset()]),
        ("PN", "A^B"),
    ],
)
def test_no_file_id_ends_the_intake(vr: str, value: object, tmp_path: Path, staging: Path) -> None:
    write_film(tmp_path / "disc" / "film")
    index = _index(tmp_path / "disc" / "DICOMDIR", vr, value)
    alone, film = check_files([index, tmp_path / "disc" / "film"], staging)
    assert isinstance(alone, Refusal) and "The index" in alone.reason
    assert isinstance(film, CheckedFile)
    assert _sources(tmp_path / "disc") == ["disc/film"]


def test_a_file_id_may_have_8_parts_of_16_characters(tmp_path: Path) -> None:
    parts = [f"{number:X}".ljust(16, "X") for number in range(8)]
    write_film(tmp_path.joinpath(*parts))
    assert _sources(attacks.directory(tmp_path / "DICOMDIR", ["\\".join(parts)])) == ["DICOMDIR › " + "/".join(parts)]
    (refused,) = _refused(attacks.directory(tmp_path / "DICOMDIR", ["\\".join([*parts, "A"])]))
    assert "8 parts of 16 characters at most" in refused.reason


def test_an_index_of_links_in_a_loop_or_of_a_folder_names_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "A").symlink_to("B")
    (tmp_path / "B").symlink_to("A")
    (tmp_path / "C").mkdir()
    os.mkfifo(tmp_path / "D")
    reasons = {outcome.reason for outcome in _refused(attacks.directory(tmp_path / "DICOMDIR", ["A", "C", "D"]))}
    assert len(reasons) == 1
    assert "not there" in reasons.pop()


def test_an_index_that_names_a_file_a_thousand_times_has_it_read_once(tmp_path: Path) -> None:
    write_film(tmp_path / "IM1")
    assert _sources(attacks.directory(tmp_path / "DICOMDIR", ["IM1"] * 1000)) == ["DICOMDIR › IM1"]


def test_an_index_that_ends_its_child_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = attacks.directory(tmp_path / "DICOMDIR", ["IM1"])
    for end in (_exit, _raise_anything):
        monkeypatch.setattr("medcore.dicom.indexes.read_index", end)
        (refused,) = _refused(index)
        assert "cannot be read" in refused.reason


def _exit(path: Path) -> None:
    os._exit(1)


def _raise_anything(path: Path) -> None:
    raise ZeroDivisionError(path)


# Folders


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """1,500 folders inside each other; Python's own tools cannot remove them."""
    folders = [str(tmp_path / "top") + "/d" * depth for depth in range(1501)]
    for folder in folders:
        os.mkdir(folder)  # noqa: PTH102 - pathlib is slow with a thousand parts
    yield tmp_path / "top"
    for folder in reversed(folders[1:]):
        os.rmdir(folder)  # noqa: PTH106


@pytest.mark.skipif(sys.platform != "linux", reason="needs paths of 3,000 characters")
def test_folders_nested_deeper_than_any_export_are_refused(deep: Path) -> None:
    (deep / "z").write_bytes(b"last")
    inner, last = expand([deep])
    assert isinstance(inner, Refusal) and isinstance(last, Item)
    assert inner.source == "top" + "/d" * (DEPTH_LIMIT + 1)
    assert "nested more than 100 deep" in inner.reason


def test_a_file_100_folders_deep_is_taken(tmp_path: Path) -> None:
    write_film(tmp_path.joinpath("top", *["d"] * DEPTH_LIMIT, "film"))
    assert _sources(tmp_path / "top") == ["top" + "/d" * DEPTH_LIMIT + "/film"]


def test_names_are_the_same_with_and_without_a_link_in_front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_film(tmp_path / "disk" / "given" / "b" / "film")
    write_film(tmp_path / "disk" / "given" / "a")
    (tmp_path / "disk" / "given" / "out").symlink_to(tmp_path)
    (tmp_path / "short").symlink_to(tmp_path / "disk")
    (tmp_path / "given").symlink_to(tmp_path / "disk" / "given")
    names = ["given/a", "given/b/film", "given/out"]
    for folder in ("disk/given", "short/given", "given", "disk/../given", "disk/given/"):
        assert _sources(tmp_path / folder) == names
    for inside, given in (("disk/given", "."), ("short/given", "."), ("disk/given/b", ".."), ("short", "given")):
        monkeypatch.chdir(tmp_path / inside)
        assert _sources(Path(given)) == names


def test_pipes_sockets_and_devices_are_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        refused = _refused(tmp_path / "pipe", tmp_path / "socket", Path(os.devnull), tmp_path)
    name = tmp_path.name
    assert [outcome.source for outcome in refused] == ["pipe", "socket", "null", f"{name}/pipe", f"{name}/socket"]
    assert {outcome.reason for outcome in refused} == {
        "It cannot be read: it is a pipe, a socket or a device and no file. Leave it out."
    }


def test_a_pipe_that_takes_a_files_place_does_not_stop_the_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, pipe = write_film(tmp_path / "film"), tmp_path / "pipe"
    status = film.stat()
    os.mkfifo(pipe)
    monkeypatch.setattr(Path, "stat", lambda path, **options: status)
    (found,) = expand([pipe])
    assert found == Item(pipe, "pipe", 0)


def test_links_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").symlink_to("gone")
    reasons = [outcome.reason for outcome in _refused(tmp_path)]
    assert reasons == ["It is a link that leads nowhere. Add the file itself."] * 3
    assert all("cannot be read" in outcome.reason for outcome in _refused(tmp_path / "a", tmp_path / "c"))


def test_names_that_no_file_can_have_are_refused(tmp_path: Path) -> None:
    refused = _refused(tmp_path / ("x" * 300), Path("a\0b"), tmp_path.joinpath(*["x" * 200] * 30))
    assert all("cannot be read" in outcome.reason for outcome in refused)


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(5, "Input/output error")])
def test_what_the_disk_does_not_give_is_refused_and_the_rest_is_taken(
    error: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("top/a/film", "top/bad/film", "top/c/bad", "top/c/film"):
        write_film(tmp_path / name)
    for name in ("scandir", "open"):
        monkeypatch.setattr(os, name, _failing(getattr(os, name), error))
    found = list(expand([tmp_path / "top"]))
    assert [(type(outcome), outcome.source) for outcome in found] == [
        (Item, "top/a/film"),
        (Refusal, "top/bad"),
        (Refusal, "top/c/bad"),
        (Item, "top/c/film"),
    ]


def _failing(function: Callable[..., object], error: OSError) -> Callable[..., object]:
    def fail(path: object, *args: object, **options: object) -> object:
        if Path(str(path)).name == "bad":
            raise error
        return function(path, *args, **options)

    return fail


# Archives


def _end(count: int = 1, length: int = LENGTH, offset: int = len(LOCAL), comment: bytes = b"") -> bytes:
    return b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, count, count, length, offset, len(comment)) + comment


def _end_64() -> bytes:
    table = len(LOCAL) + LENGTH
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, ENTRIES, ENTRIES, LENGTH, len(LOCAL))
    return record + struct.pack("<4sLQL", b"PK\x06\x07", 0, table, 1)


ENDS = {
    "honest": _end(),
    "its offset looks like another end": _end(offset=int.from_bytes(b"PK\x05\x06", "little")),
    "a 64-bit record": _end_64() + _end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
    "a decoy of a 64-bit record": _end_64() + _end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, b"PK\x06\x06" + bytes(60)),
    "a decoy of an end in the comment": _end(comment=_end(length=0)[:22] + b"!"),
    "an endless length": _end_64().replace(struct.pack("<Q", LENGTH), b"\xff" * 8) + _end(0xFFFF, 0xFFFFFFFF),
}


@on_linux
@pytest.mark.parametrize("name", ENDS)
def test_no_end_record_gets_a_long_table_of_contents_loaded(name: str, tmp_path: Path) -> None:
    path = tmp_path / "z"
    path.write_bytes(LOCAL + ENTRIES * ENTRY + ENDS[name])
    with Meter() as meter:
        (refused,) = _refused(path)
    assert any(word in refused.reason for word in ("too many files", "damaged", "no files"))
    assert meter.seconds < TIME_LIMIT_S
    assert meter.growth < 30e6


@on_linux
def test_the_longest_table_of_contents_stays_within_limits(tmp_path: Path) -> None:
    path = attacks.crowded_zip(tmp_path / "z", 4 * 2**20)
    with Meter() as meter:
        found = list(expand([path]))
    assert len(found) in (1, 4 * 2**20 // 46)  # a busy machine may find that it takes too long
    assert meter.seconds < TIME_LIMIT_S
    assert meter.growth < GROWTH_LIMIT


def test_the_server_never_parses_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = attacks.archive(tmp_path / "z", {"a": b"a", "b": b"b"})
    monkeypatch.delattr(zipfile, "ZipFile")
    monkeypatch.delattr(zipfile, "ZipExtFile")
    assert _sources(path) == ["z › a", "z › b"]


@on_linux
def test_a_table_of_contents_that_takes_long_is_cut_short(tmp_path: Path) -> None:
    extra = struct.pack("<HH", 1234, 0) * 16383  # zipfile copies what is left of it for each
    entry = ENTRY[:30] + struct.pack("<H", len(extra)) + ENTRY[32:] + extra
    path = tmp_path / "z"
    path.write_bytes(LOCAL + 63 * entry + _end(63, 63 * len(entry)))
    with Meter() as meter:
        found = list(expand([path]))
    assert meter.seconds < TIME_LIMIT_S
    assert len(found) == 63 or "too long" in found[0].reason


def _entry(path: Path, at: int, length: int, value: int) -> Path:
    """Change a number in the first entry of the table of contents."""
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02") + at
    content[place : place + length] = value.to_bytes(length, "little")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("size", [9, 10 * 2**20, 60 * 2**20])
def test_a_file_shorter_than_its_archive_claims_is_refused(size: int, tmp_path: Path, staging: Path) -> None:
    film = write_film(tmp_path / "film").read_bytes()
    for claim in (size, len(film) + 1):
        path = _entry(attacks.archive(tmp_path / "z", {"a": film, "b": film}), 24, 4, claim)
        first, second = check_files([path], staging)
        assert isinstance(first, Refusal)
        assert isinstance(second, CheckedFile)


@pytest.mark.parametrize("at, value", [(20, 2**31), (42, 2**31)])
def test_an_archive_whose_files_lie_beyond_its_end_is_damaged(at: int, value: int, tmp_path: Path) -> None:
    (refused,) = _refused(_entry(attacks.archive(tmp_path / "z", {"a": b"a", "b": b"b"}), at, 4, value))
    assert "archive is damaged" in refused.reason


def test_files_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film").read_bytes()
    content = attacks.archive(tmp_path / "z", {"a": film}).read_bytes()
    table = content[content.index(b"PK\x01\x02") : content.rindex(b"PK\x05\x06")]
    start = content[: content.index(b"PK\x01\x02")]
    (tmp_path / "z").write_bytes(start + 20 * table + _end(20, 20 * len(table), len(start)))
    (refused,) = _refused(tmp_path / "z")
    assert "archive is damaged" in refused.reason


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_bound_are_refused(method: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z", "w", method) as archive:
        archive.writestr("a", b"a" * 1000)
    (refused,) = _refused(tmp_path / "z")
    assert "unusual way" in refused.reason


def test_a_claimed_size_buys_no_time(tmp_path: Path, staging: Path) -> None:
    slow = attacks.file_with(
        b"\x28\x00\x10\x30SQ\0\0" + (10**6).to_bytes(4, "little") + bytes(10**6), tmp_path / "slow"
    )
    claim = _entry(attacks.archive(tmp_path / "z", {"slow": slow.read_bytes()}), 24, 4, 60 * 2**20)
    (item,) = expand([claim])
    assert isinstance(item, Item)
    assert item.size == 60 * 2**20
    assert item.proven_size < 2**20
    (refused,) = check_files([claim], staging)
    assert isinstance(refused, Refusal)
    assert "archive is damaged" in refused.reason


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_large_and_small_files_leave_an_archive_as_they_went_in(method: int, tmp_path: Path, staging: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 65536, (10, 1024, 600)).astype(np.uint16)  # 12 MB
    films = [write(make_film(noise), tmp_path / "large"), write_film(tmp_path / "small")]
    with zipfile.ZipFile(tmp_path / "z", "w", method) as archive:
        for film in films:
            archive.write(film, film.name)
    taken = list(check_files([tmp_path / "z"], staging))
    for film, checked in zip(films, taken, strict=True):
        assert isinstance(checked, CheckedFile)
        assert checked.staged.read_bytes() == film.read_bytes()


def test_archives_with_a_comment_or_written_to_a_pipe_are_taken(tmp_path: Path, staging: Path) -> None:
    film = write_film(tmp_path / "film").read_bytes()
    with zipfile.ZipFile(tmp_path / "z", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"PK\x06\x06 from the ward's archive"
        with archive.open("a", "w", force_zip64=True) as member:
            member.write(film)
    with (tmp_path / "s").open("wb") as target:
        target.seekable = lambda: False  # type: ignore[method-assign]
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:  # sizes come after the data
            archive.writestr("a", film)
    taken = list(check_files([tmp_path / "z", tmp_path / "s"], staging))
    assert [type(checked) for checked in taken] == [CheckedFile, CheckedFile]


def test_order_is_kept_over_many_batches_of_an_archive(tmp_path: Path, staging: Path) -> None:
    film = write_film(tmp_path / "film").read_bytes()
    names = [f"{number:03d}" for number in range(200)]
    random.Random(0).shuffle(names)
    path = attacks.archive(tmp_path / "z", {name: film for name in names})
    assert [taken.source for taken in check_files([path], staging)] == [f"z › {name}" for name in names]


@on_linux
def test_no_child_keeps_a_deleted_archive_on_the_disk(tmp_path: Path, staging: Path) -> None:
    film = write_film(tmp_path / "film").read_bytes()
    path = attacks.archive(tmp_path / "upload", {f"{number}": film for number in range(200)} | {"../up": b"x"})
    assert len(list(check_files([path], staging))) == 201
    path.unlink()
    assert outcome(submit(os.getpid, 10)) in children()
    links = [link for pid in children() for link in Path(f"/proc/{pid}/fd").iterdir()]
    assert links
    assert not [link for link in links if str(tmp_path) in str(link.readlink())]

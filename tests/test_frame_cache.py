"""Frames stay on disk within a bound, whole, under nothing but hashes, and go with their study."""

import errno
import hashlib
import os
import stat
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from medcore.errors import LibraryError, MedcoreError
from medcore.library import Library
from medcore.library.frame_cache import FrameCache
from medcore.library.layout import Layout
from medcore.settings import FRAME_CACHE_MB, Settings
from tests.libraries import Bring, make_attributes

SHA = hashlib.sha256(b"an image").hexdigest()
SEAL = 8  # bytes at the end of an entry


def put(cache: FrameCache, name: str, body: bytes, sha256: str = SHA) -> memoryview:
    return cache.put(sha256, name, lambda target: target.write_bytes(body))


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "frames"


def test_what_was_kept_comes_back_in_another_process_too(folder: Path) -> None:
    assert FrameCache(folder, 10**6).find(SHA, "0-zstd-1") is None
    assert bytes(put(FrameCache(folder, 10**6), "0-zstd-1", b"pixels")) == b"pixels"
    found = FrameCache(folder, 10**6).find(SHA, "0-zstd-1")
    assert found is not None and bytes(found) == b"pixels"
    assert FrameCache(folder, 10**6).find(SHA, "1-zstd-1") is None


def test_a_body_of_no_bytes_is_kept(folder: Path) -> None:
    cache = FrameCache(folder, 10**6)
    put(cache, "0", b"")
    found = cache.find(SHA, "0")
    assert found is not None and len(found) == 0


def test_nobody_else_may_look_into_the_folder(folder: Path) -> None:
    put(FrameCache(folder, 10**6), "0", b"pixels")
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


@pytest.mark.parametrize("sha256", ["", "../../etc", "A" * 64, "a" * 63, "a" * 65, "1.2.3", "a" * 63 + "/"])
def test_nothing_but_a_hash_becomes_a_path(folder: Path, sha256: str) -> None:
    cache = FrameCache(folder, 10**6)
    for ask in (lambda: cache.find(sha256, "0"), lambda: put(cache, "0", b"x", sha256), lambda: cache.remove(sha256)):
        with pytest.raises(LibraryError):
            ask()
    assert not folder.exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../0", "a/b", "A", "0\0", "0" * 41, "0\n"])
def test_nothing_but_a_plain_name_becomes_a_file(folder: Path, name: str) -> None:
    with pytest.raises(LibraryError):
        put(FrameCache(folder, 10**6), name, b"x")


@pytest.mark.parametrize("damage", [b"", b"pixelz", b"pixel", b"pixels and more", b"\0" * 14])
def test_a_damaged_entry_is_made_anew(folder: Path, damage: bytes) -> None:
    cache = FrameCache(folder, 10**6)
    put(cache, "0", b"pixels")
    (entry,) = entries(folder)
    sealed = entry.read_bytes()
    entry.write_bytes(damage + (sealed[-SEAL:] if damage != b"\0" * 14 else b""))
    assert cache.find(SHA, "0") is None
    put(cache, "0", b"pixels")
    assert entry.read_bytes() == sealed


def test_every_flipped_bit_is_noticed(folder: Path) -> None:
    cache = FrameCache(folder, 10**6)
    put(cache, "0", b"pixels")
    (entry,) = entries(folder)
    sealed = entry.read_bytes()
    for place in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[place // 8] ^= 1 << place % 8
        entry.write_bytes(flipped)
        assert cache.find(SHA, "0") is None, place


def test_what_fails_while_it_is_made_leaves_nothing(folder: Path) -> None:
    def fail(target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    cache = FrameCache(folder, 10**6)
    with pytest.raises(OSError, match="space"):
        cache.put(SHA, "0", fail)
    assert cache.find(SHA, "0") is None
    assert entries(folder) == []


def test_the_bound_holds_and_the_least_recently_used_leave_first(folder: Path) -> None:
    cache = FrameCache(folder, 100_000)
    for number in range(9):
        put(cache, str(number), b"x" * 9_900)
        age(folder / SHA[:2] / SHA[2:] / str(number), 1000 - number)
    assert cache.find(SHA, "0") is not None  # used now, though it was the first
    put(cache, "9", b"x" * 9_900)
    assert sum(path.stat().st_size for path in entries(folder)) <= 100_000
    assert cache.find(SHA, "0") is not None
    assert cache.find(SHA, "9") is not None
    assert cache.find(SHA, "1") is None


def test_the_bound_holds_for_many_entries_of_several_processes(folder: Path) -> None:
    caches = [FrameCache(folder, 50_000) for _ in range(3)]
    most = 0
    for number in range(300):
        put(caches[number % 3], str(number), b"x" * 1_000)
        most = max(most, sum(path.stat().st_size for path in entries(folder)))
    assert most <= 50_000
    assert len(entries(folder)) > 30  # and it is used


def test_an_entry_larger_than_the_bound_is_given_but_not_kept(folder: Path) -> None:
    for limit in (0, 100):
        assert bytes(put(FrameCache(folder, limit), "0", b"x" * 1_000)) == b"x" * 1_000
        assert entries(folder) == []


def test_a_full_disk_has_the_oldest_entries_leave(folder: Path) -> None:
    cache = FrameCache(folder, 10**6)
    for number in range(4):
        put(cache, str(number), bytes(100))
        age(next(path for path in entries(folder) if path.name == str(number)), 1000 - number)
    room = 2 * (100 + SEAL)

    def make(target: Path) -> None:
        target.write_bytes(b"half")
        if sum(path.stat().st_size for path in entries(folder) if path != target) > room:
            raise OSError(errno.ENOSPC, "No space left on device")
        target.write_bytes(b"pixels")

    assert bytes(cache.put(SHA, "new", make)) == b"pixels"
    assert [path.name for path in entries(folder)] == ["2", "3", "new"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_disk_that_has_no_room_to_make_is_not_tried_twice(folder: Path, code: int) -> None:
    tried = []

    def make(target: Path) -> None:
        tried.append(target)
        raise OSError(code, "no")

    with pytest.raises(OSError, match="no"):
        FrameCache(folder, 10**6).put(SHA, "0", make)
    assert (len(tried), entries(folder)) == (1, [])


def test_what_is_being_read_stays_readable_when_it_leaves(folder: Path) -> None:
    cache = FrameCache(folder, 10**6)
    body = put(cache, "0", b"pixels")
    found = cache.find(SHA, "0")
    cache.remove(SHA)
    assert cache.find(SHA, "0") is None
    assert found is not None and bytes(found) == bytes(body) == b"pixels"


def test_what_a_dead_process_left_half_written_goes(folder: Path) -> None:
    folder.mkdir()
    old, young = folder / "aa.part", folder / "bb.part"
    for partial in (old, young):
        partial.write_bytes(b"half")
    age(old, 4000)
    put(FrameCache(folder, 10**6), "0", b"pixels")
    assert not old.exists()
    assert young.exists()  # another process may be at it


def test_threads_that_write_read_and_remove_the_same_entry_never_meet_half_of_it(folder: Path) -> None:
    cache = FrameCache(folder, 200_000)
    bodies = [bytes([number]) * 20_000 for number in range(8)]
    wrong: list[bytes] = []

    def work(number: int) -> None:
        for turn in range(60):
            put(cache, f"{turn % 5}", bodies[number])
            found = cache.find(SHA, f"{turn % 5}")
            if found is not None and bytes(found) not in bodies:
                wrong.append(bytes(found))
            if turn % 20 == number:
                cache.remove(SHA)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert [path for path in entries(folder) if path.suffix == ".part"] == []


def test_a_folder_that_goes_while_it_is_made_is_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, real = FrameCache(folder, 200_000), Path.mkdir
    met: list[Path] = []

    def mkdir(path: Path, *arguments: Any, **options: Any) -> None:
        if path.name == SHA[2:] and not met:
            met.append(path)
            raise FileExistsError(path)  # as pathlib says when another thread removes it between two of its questions
        real(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    put(cache, "0", b"pixels")
    assert len(met) == 1
    assert bytes(cache.find(SHA, "0") or b"") == b"pixels"


def frames_of(settings: Settings) -> Path:
    return Layout(settings.data_dir).frames


def keep_for(settings: Settings, library: Library, instance_id: int) -> None:
    put(FrameCache(frames_of(settings), 10**6), "0", b"pixels", library.instance(instance_id).sha256)


def test_frames_of_a_deleted_study_go_and_others_stay(settings: Settings, library: Library, bring: Bring) -> None:
    added = bring(make_attributes(), make_attributes())
    for number in added.instances:
        keep_for(settings, library, number)
    kept = library.instance(added.instances[1]).sha256
    library.delete_study(added.studies[0], "Reader", "A test")
    assert [path.parent.parent.name + path.parent.name for path in entries(frames_of(settings))] == [kept]


def test_frames_of_files_that_a_dead_process_was_to_remove_go_at_the_next_opening(
    settings: Settings, library: Library, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = bring(make_attributes())
    keep_for(settings, library, added.instances[0])
    with monkeypatch.context() as killed:
        killed.setattr(Library, "_tidy", lambda self: None)
        library.delete_study(added.studies[0], "Reader", "A test")
    assert len(entries(frames_of(settings))) == 1
    Library.open(settings).close()
    assert entries(frames_of(settings)) == []


def test_frames_stay_out_of_a_backup_and_go_with_a_restore(
    settings: Settings, library: Library, bring: Bring, tmp_path: Path
) -> None:
    added = bring(make_attributes())
    keep_for(settings, library, added.instances[0])
    library.backup(tmp_path / "backup")
    with tarfile.open(tmp_path / "backup") as tar:
        assert all("frames" not in name for name in tar.getnames())
    library.close()
    Library.restore(tmp_path / "backup", settings, replace=True)
    assert entries(frames_of(settings)) == []


def test_the_bound_is_a_setting() -> None:
    assert Settings.from_environment({}).frame_cache_mb == FRAME_CACHE_MB
    assert Settings.from_environment({"MEDCORE_FRAME_CACHE_MB": "50"}).frame_cache_mb == 50
    assert Settings.from_environment({"MEDCORE_FRAME_CACHE_MB": "0"}).frame_cache_mb == 0
    for wrong in ("-1", "1.5", "much"):
        with pytest.raises(MedcoreError, match="MEDCORE_FRAME_CACHE_MB"):
            Settings.from_environment({"MEDCORE_FRAME_CACHE_MB": wrong})

"""Whatever is given ends as a checked copy or as a reason."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    generate_uid,
)

from medcore.dicom import CheckedFile, Refusal, check_files, read_frame
from medcore.errors import IntakeError
from tests import attacks
from tests.films import make_film, write, write_ct_series, write_film


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    folder = tmp_path / "staging"
    folder.mkdir()
    return folder


def _check(staging: Path, *paths: Path) -> list[CheckedFile | Refusal]:
    return list(check_files(paths, staging))


def test_an_accepted_file_keeps_its_bytes_and_its_hash_is_of_what_is_stored(tmp_path: Path, staging: Path) -> None:
    path = write_film(tmp_path / "film.dcm")
    (checked,) = _check(staging, path)
    assert isinstance(checked, CheckedFile)
    content = path.read_bytes()
    assert checked.staged.read_bytes() == content
    assert checked.sha256 == hashlib.sha256(content).hexdigest()
    assert (checked.size, checked.source) == (len(content), "film.dcm")
    assert checked.attributes.patient_name == "Invented, Child"


def test_an_executables_header_in_the_preamble_is_zeroed(tmp_path: Path, staging: Path) -> None:
    path = attacks.executable_preamble(tmp_path / "film.exe")
    (checked,) = _check(staging, path)
    assert isinstance(checked, CheckedFile)
    stored = checked.staged.read_bytes()
    assert stored == bytes(128) + path.read_bytes()[128:]
    assert checked.sha256 == hashlib.sha256(stored).hexdigest()


def test_files_are_known_by_content_not_by_name(tmp_path: Path, staging: Path) -> None:
    film = write_film(tmp_path / "holiday.jpg")
    text = tmp_path / "film.dcm"
    text.write_text("no film")
    checked, refused = _check(staging, film, text)
    assert isinstance(checked, CheckedFile)
    assert refused == Refusal("film.dcm", "It is not a DICOM file, so it is left out.")


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_every_uncompressed_syntax_is_taken(syntax: str, tmp_path: Path, staging: Path) -> None:
    (checked,) = _check(staging, write(make_film(), tmp_path / "film", syntax))
    assert isinstance(checked, CheckedFile)
    assert checked.attributes.transfer_syntax_uid == syntax


@pytest.mark.parametrize("is_implicit", [True, False])
def test_a_bare_data_set_is_taken_as_it_is(is_implicit: bool, tmp_path: Path, staging: Path) -> None:
    path = tmp_path / "bare"
    path.write_bytes(attacks.data_set_of(make_film(), is_implicit))
    (checked,) = _check(staging, path)
    assert isinstance(checked, CheckedFile)
    assert checked.staged.read_bytes() == path.read_bytes()


def test_a_large_file_is_copied_in_pieces_and_hashed_alike(tmp_path: Path, staging: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (10, 1024, 600)).astype(np.uint16)  # 12 MB
    path = write(make_film(pixels), tmp_path / "run", preamble=b"MZ" + bytes(126))
    (checked,) = _check(staging, path)
    assert isinstance(checked, CheckedFile)
    stored = bytes(128) + path.read_bytes()[128:]
    assert checked.staged.read_bytes() == stored
    assert checked.sha256 == hashlib.sha256(stored).hexdigest()
    assert checked.attributes.number_of_frames == 10


def test_a_large_file_that_is_refused_leaves_nothing(tmp_path: Path, staging: Path) -> None:
    path = write(make_film(np.zeros((10, 1024, 600), np.uint16), NumberOfFrames=11), tmp_path / "run")
    (refused,) = _check(staging, path)
    assert isinstance(refused, Refusal)
    assert "ends too early" in refused.reason
    assert list(staging.iterdir()) == []


def test_no_name_or_uid_of_a_file_is_in_a_path(tmp_path: Path, staging: Path) -> None:
    ds = make_film(PatientName="../../evil", SOPInstanceUID="1.2.3/../../evil", StudyInstanceUID="../x")
    (checked,) = _check(staging, write(ds, tmp_path / "film"))
    assert isinstance(checked, CheckedFile)
    assert checked.staged.parent == staging
    assert set(checked.staged.name) <= set("0123456789abcdef-")


def test_a_folder_is_walked_in_order_and_links_do_not_lead_out(tmp_path: Path, staging: Path) -> None:
    outside = write_film(tmp_path / "outside" / "secret")
    folder = tmp_path / "given"
    write_film(folder / "b" / "film")
    write_film(folder / "a")
    (folder / "inside").symlink_to(folder / "a")
    (folder / "out").symlink_to(outside)
    (folder / "outdir").symlink_to(outside.parent)
    (folder / "loop").symlink_to(folder)
    outcomes = _check(staging, folder)
    assert [outcome.source for outcome in outcomes] == ["given/a", "given/b/film", "given/out", "given/outdir"]
    assert [type(outcome) for outcome in outcomes] == [CheckedFile, CheckedFile, Refusal, Refusal]


def test_pipes_and_missing_files_are_refused(tmp_path: Path, staging: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reasons = [outcome.reason for outcome in _check(staging, pipe, tmp_path / "gone") if isinstance(outcome, Refusal)]
    assert len(reasons) == 2
    assert all("cannot be read" in reason for reason in reasons)


def test_a_zip_is_taken_file_by_file(tmp_path: Path, staging: Path) -> None:
    film = write_film(tmp_path / "film")
    members = {"study/IM1": film.read_bytes(), "README": b"hello", "study/": b""}
    taken, refused = _check(staging, attacks.archive(tmp_path / "export", members))
    assert isinstance(taken, CheckedFile)
    assert taken.source == "export › study/IM1"
    assert taken.staged.read_bytes() == film.read_bytes()
    assert refused == Refusal("export › README", "It is not a DICOM file, so it is left out.")


def test_hostile_entries_do_not_cost_the_rest_of_a_zip(tmp_path: Path, staging: Path) -> None:
    film = write_film(tmp_path / "film").read_bytes()
    members = {"../up": film, "ok": film, "link": Path("/etc/passwd"), "inner": b"PK\x03\x04" + bytes(60)}
    outcomes = _check(staging, attacks.archive(tmp_path / "z", members))
    assert [type(outcome) for outcome in outcomes] == [Refusal, CheckedFile, Refusal, Refusal]
    assert not (tmp_path / "up").exists()


def test_a_damaged_member_is_refused_by_itself(tmp_path: Path, staging: Path) -> None:
    film = write_film(tmp_path / "film").read_bytes()
    path = attacks.archive(tmp_path / "z", {"a": film, "b": film})
    content = bytearray(path.read_bytes())
    content[80] ^= 0xFF  # inside the packed bytes of the first
    path.write_bytes(content)
    first, second = _check(staging, path)
    assert isinstance(first, Refusal)
    assert isinstance(second, CheckedFile)


@pytest.mark.parametrize("content", [b"PK\x05\x06" + bytes(18), b"PK\x03\x04junk", b"PK\x05\x06" + b"\xff" * 18])
def test_empty_and_broken_zips_take_nothing(content: bytes, tmp_path: Path, staging: Path) -> None:
    path = tmp_path / "z"
    path.write_bytes(content)
    assert not any(isinstance(outcome, CheckedFile) for outcome in _check(staging, path))


def test_too_many_members_are_refused_before_they_are_listed(tmp_path: Path, staging: Path) -> None:
    path = attacks.crowded_zip(tmp_path / "z")
    (refused,) = _check(staging, path)
    assert isinstance(refused, Refusal)
    assert "too many files" in refused.reason


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """A disc with a DICOMDIR and three slices."""
    slices = write_ct_series(tmp_path / "disc" / "CT", 3)
    attacks.directory(tmp_path / "disc" / "DICOMDIR", [f"CT\\{path.name}" for path in slices])
    return tmp_path / "disc"


def test_a_dicomdir_leads_to_its_files(disc: Path, staging: Path) -> None:
    outcomes = _check(staging, disc / "DICOMDIR")
    assert [type(outcome) for outcome in outcomes] == [CheckedFile] * 3
    assert all(outcome.source.startswith("DICOMDIR › ") for outcome in outcomes)


def test_a_disc_given_as_a_folder_takes_each_file_once(disc: Path, staging: Path) -> None:
    assert [type(outcome) for outcome in _check(staging, disc)] == [CheckedFile] * 3


def test_a_dicomdir_that_points_outside_is_refused_in_a_folder_too(tmp_path: Path, staging: Path) -> None:
    write_film(tmp_path / "SECRET")
    attacks.directory_outside(tmp_path / "disc" / "DICOMDIR")
    (refused,) = _check(staging, tmp_path / "disc")
    assert isinstance(refused, Refusal)
    assert "outside its folder" in refused.reason


INDEX_CLASS = "1.2.840.10008.1.3.10"


@pytest.mark.parametrize("keyword", ["PatientID", "StudyDescription", "SOPInstanceUID"])
def test_a_film_that_mentions_the_class_of_an_index_is_taken(keyword: str, tmp_path: Path, staging: Path) -> None:
    film = write_film(tmp_path / "disc" / "film", **{keyword: INDEX_CLASS})
    packed = attacks.archive(tmp_path / "z", {"film": film.read_bytes()})
    outcomes = _check(staging, film, film.parent, packed)
    assert [type(outcome) for outcome in outcomes] == [CheckedFile] * 3


@pytest.mark.parametrize("instance_uid", ["1.2.840.10008.1.3.10", "1.2.840.10008.1.3.10.1"])
def test_the_class_counts_and_no_other_part_of_the_meta_information(
    instance_uid: str, tmp_path: Path, staging: Path
) -> None:
    film = write_film(tmp_path / "film", SOPInstanceUID=instance_uid)
    (taken,) = _check(staging, film)
    assert isinstance(taken, CheckedFile)


def _calling_itself_an_index(path: Path, **elements: object) -> Path:
    """Write a film whose meta information, and nothing else, says that it is an index."""
    write_film(path, SOPClassUID="1.2.840.10008.5.1.9.10", **elements)  # as long as the other one
    content = path.read_bytes()
    path.write_bytes(content.replace(b"1.2.840.10008.5.1.9.10", INDEX_CLASS.encode() + b"\0\0", 1))
    return path


def test_a_film_that_calls_itself_an_index_is_taken_everywhere(tmp_path: Path, staging: Path) -> None:
    film = _calling_itself_an_index(tmp_path / "disc" / "film")
    packed = attacks.archive(tmp_path / "z", {"film": film.read_bytes()})
    outcomes = _check(staging, film, film.parent, packed)
    assert [type(outcome) for outcome in outcomes] == [CheckedFile] * 3


def test_what_calls_itself_an_index_and_holds_nothing_is_refused(tmp_path: Path, staging: Path) -> None:
    path = _calling_itself_an_index(tmp_path / "disc" / "film", PixelData=None)
    packed = attacks.archive(tmp_path / "z", {"film": path.read_bytes()})
    path.with_name("junk").write_bytes(path.read_bytes()[:200] + b"\xff" * 100)
    outcomes = _check(staging, path, path.parent, packed)
    assert [type(outcome) for outcome in outcomes] == [Refusal] * 4


def test_an_index_in_an_archive_is_quiet(disc: Path, tmp_path: Path, staging: Path) -> None:
    members = {path.name: path.read_bytes() for path in disc.rglob("*") if path.is_file()}
    outcomes = _check(staging, attacks.archive(tmp_path / "z", members))
    assert [type(outcome) for outcome in outcomes] == [CheckedFile] * 3


@pytest.mark.parametrize("targets", [[], ["DICOMDIR"]])
def test_a_named_index_that_leads_nowhere_is_refused(targets: list[str], tmp_path: Path, staging: Path) -> None:
    path = attacks.directory(tmp_path / "DICOMDIR", targets)
    assert _check(staging, path) == [
        Refusal("DICOMDIR", "The index names no files. Add the folder that it stands in instead.")
    ]


def test_a_damaged_index_in_a_folder_is_refused(disc: Path, staging: Path) -> None:
    path = disc / "DICOMDIR"
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"\x04\0\x20\x12") + 4])
    outcomes = _check(staging, disc)
    assert [type(outcome) for outcome in outcomes].count(CheckedFile) == 3
    assert [outcome.source for outcome in outcomes if isinstance(outcome, Refusal)] == ["disc/DICOMDIR"]


def test_files_without_an_image_say_what_they_are(tmp_path: Path, staging: Path) -> None:
    report = Dataset()
    report.SOPClassUID, report.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.11", generate_uid()
    report.Modality = "SR"
    (refused,) = _check(staging, write(report, tmp_path / "report"))
    assert isinstance(refused, Refusal)
    assert "holds no image but a Basic Text SR" in refused.reason


def test_progress_counts_every_file_and_knows_the_total_in_the_end(tmp_path: Path, staging: Path) -> None:
    paths = [write_film(tmp_path / f"film{number}") for number in range(3)] + [tmp_path / "gone"]
    calls: list[tuple[int, int | None]] = []
    list(check_files(paths, staging, lambda done, total: calls.append((done, total))))
    assert [done for done, _ in calls] == [1, 2, 3, 4]
    assert calls[-1] == (4, 4)


def test_order_is_kept_over_many_batches(tmp_path: Path, staging: Path) -> None:
    film = write_film(tmp_path / "film").read_bytes()
    for number in range(200):
        (tmp_path / "many").mkdir(exist_ok=True)
        (tmp_path / "many" / f"{number:03d}").write_bytes(film if number % 7 else b"junk")
    sources = [outcome.source for outcome in check_files([tmp_path / "many"], staging)]
    assert sources == [f"many/{number:03d}" for number in range(200)]


def test_closing_early_clears_what_was_not_handed_over(tmp_path: Path, staging: Path) -> None:
    film = write_film(tmp_path / "film").read_bytes()
    for number in range(300):
        (tmp_path / "many").mkdir(exist_ok=True)
        (tmp_path / "many" / f"{number:03d}").write_bytes(film)
    outcomes = check_files([tmp_path / "many"], staging)
    first = next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert isinstance(first, CheckedFile)
    assert list(staging.iterdir()) == [first.staged]


def test_nothing_given_is_nothing_done(staging: Path) -> None:
    assert _check(staging) == []


def test_a_staging_folder_that_cannot_be_written_to_stops_the_intake(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="cannot be written to"):
        list(check_files([write_film(tmp_path / "film")], tmp_path / "gone"))


def test_refusals_hold_no_name_and_no_uid(tmp_path: Path, staging: Path) -> None:
    film = make_film(BitsAllocated=24, PatientName="Secret^Person")
    (refused,) = _check(staging, write(film, tmp_path / "film"))
    assert isinstance(refused, Refusal)
    assert "Secret" not in refused.reason
    assert film.StudyInstanceUID not in refused.reason


def _jpeg_2000(path: Path, rows: int, columns: int, syntax: str = JPEG2000Lossless) -> Path:
    noise = np.random.default_rng(3).normal(0, 12, (rows, columns))
    pixels = (np.linspace(200, 3800, columns) + noise).clip(0, 4095).astype(np.uint16)
    ds = make_film(pixels, BitsStored=12, HighBit=11)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    options = {} if syntax == JPEG2000Lossless else {"j2k_cr": [10]}
    ds.compress(syntax, pixels, generate_instance_uid=False, **options)
    return write(ds, path, syntax)


def test_a_mammogram_of_28_megapixels_in_jpeg_2000_is_taken_and_shown(tmp_path: Path, staging: Path) -> None:
    (taken,) = _check(staging, _jpeg_2000(tmp_path / "film", 5928, 4728, JPEG2000))
    assert isinstance(taken, CheckedFile), taken
    assert read_frame(taken.staged).stored.shape == (5928, 4728)


def test_a_frame_too_large_to_decode_is_called_large_and_nothing_else(tmp_path: Path, staging: Path) -> None:
    # 5800 x 5784 samples of 16 bits take 8 bytes each while decoding: 268 MB, and what is compressed twice.
    film = _jpeg_2000(tmp_path / "film", 5800, 5784)
    compressed = film.stat().st_size
    (refused,) = _check(staging, film)
    assert isinstance(refused, Refusal)
    needed = 5800 * 5784 * 8 + 2 * compressed
    assert f"5800 x 5784 pixels from JPEG 2000 takes {needed // 10**6} MB" in refused.reason
    assert "at most 283 MB" in refused.reason
    assert "damaged" not in refused.reason and "attack" not in refused.reason


def test_a_codestream_of_another_size_than_the_header_is_refused(tmp_path: Path, staging: Path) -> None:
    film = _jpeg_2000(tmp_path / "film", 80, 70)
    content = film.read_bytes()
    rows = b"\x28\0\x10\0US\x02\0" + (80).to_bytes(2, "little")
    film.write_bytes(content.replace(rows, rows[:-2] + (81).to_bytes(2, "little")))
    (refused,) = _check(staging, film)
    assert isinstance(refused, Refusal)
    assert "80 x 70 x 1 samples" in refused.reason and "say 81 x 70 x 1" in refused.reason


def test_what_could_not_be_shown_is_refused(tmp_path: Path, staging: Path) -> None:
    film = make_film(np.zeros((4, 4, 3), np.uint8), BitsAllocated=32, BitsStored=32, HighBit=31)
    del film.PixelData
    film.FloatPixelData = bytes(4 * 4 * 3 * 4)
    (refused,) = _check(staging, write(film, tmp_path / "film"))
    assert isinstance(refused, Refusal)
    assert refused.reason.endswith("Ask the sender for the file again.")

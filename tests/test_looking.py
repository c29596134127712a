"""The pictures of an upload are read as the model would see them, and each that cannot be ends with a reason."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from medcore.classifier.film_hash import film_hash
from medcore.dicom.items import PictureFacts
from medcore.dicom.sources import expand
from medcore.labelling.gathering import Candidate, Gathered, Refused, gather_by_folder, gather_by_table
from medcore.labelling.judging import judge
from medcore.labelling.label_table import read_label_table
from medcore.labelling.looking import Sight, look_at
from medcore.library import Library
from tests.films import write_film

CLASSES = ("normal", "viral")
FILM = np.random.default_rng(7).integers(0, 256, (224, 224), np.uint8)


def facts_of(candidate: Candidate) -> PictureFacts:
    return PictureFacts(candidate.patient)


def nothing(uid: str) -> None:
    return None


def look(tmp_path: Path, gathered: Gathered, **values: Any) -> Sight:
    staging = tmp_path / "staging"
    staging.mkdir(exist_ok=True)
    return look_at(gathered, staging, facts_of, values.get("find", nothing), values.get("on_progress"))


def save(folder: Path, name: str, pixels: np.ndarray = FILM) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)
    return path


def test_a_film_is_known_by_its_pixels_whatever_file_it_comes_in(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    save(folder, "normal/a.png")
    write_film(folder / "normal" / "b.dcm", FILM, WindowCenter=128, WindowWidth=256, PatientID="P")
    sight = look(tmp_path, gather_by_folder(expand([folder]), CLASSES))
    assert sight.refused == ()
    assert [one.pixels_sha256 for one in sight.seen] == [film_hash(FILM)] * 2
    assert [one.patient for one in sight.seen] == ["", "P"]
    judged = judge(sight.seen, CLASSES)
    assert [one.candidate.source for one in judged.taken] == ["films/normal/a.png"]


def test_what_is_no_picture_ends_with_a_reason_beside_what_was_refused_before(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    save(folder, "normal/a.png")
    (folder / "normal" / "note.txt").write_text("seen twice")
    save(folder, "fungal/b.png")
    steps: list[int] = []
    sight = look(
        tmp_path,
        gather_by_folder(expand([folder]), CLASSES),
        on_progress=lambda done, total: steps.append(done),
    )
    assert [one.candidate.source for one in sight.seen] == ["films/normal/a.png"]
    reasons = {one.source: one.reason for one in sight.refused}
    assert "no folder" in reasons["films/fungal/b.png"]
    assert "not a DICOM file" in reasons["films/normal/note.txt"]
    assert steps == [1, 2]


def test_a_synthetic_film_gets_no_label(tmp_path: Path) -> None:
    write_film(tmp_path / "normal" / "a.dcm", FILM, SyntheticData="YES")
    sight = look(tmp_path, gather_by_folder(expand([tmp_path / "normal"]), CLASSES))
    assert sight.seen == ()
    assert "of nobody" in sight.refused[0].reason


def test_a_table_that_names_another_patient_than_the_file_is_caught(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.dcm", FILM, PatientID="P1")
    table = read_label_table(b"file,label,patient\na.dcm,normal,P2\n")
    sight = look(tmp_path, gather_by_table(table, expand([path]), CLASSES, several=False))
    assert "another patient" in sight.refused[0].reason


def test_images_of_the_library_are_found_by_their_uid(tmp_path: Path, library: Library) -> None:
    library.add([write_film(tmp_path / "a.dcm", FILM, PatientID="P1", SOPInstanceUID="1.2.3")])
    table = read_label_table(b"sop_instance_uid,label\n1.2.3,viral\n1.2.4,normal\n")
    sight = look(tmp_path, gather_by_table(table, [], CLASSES, several=False), find=library.find_instance)
    (seen,) = sight.seen
    assert seen.instance_id == 1 and seen.file is None
    assert (seen.patient, seen.candidate.classes) == ("P1", ("viral",))
    assert [one.source for one in sight.refused] == ["1.2.4"]


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_damaged_picture_harms_no_other(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "films"
    path = save(folder, f"normal/{name}")
    path.write_bytes(path.read_bytes()[:5000])
    save(folder, "viral/b.png", FILM.T.copy())
    sight = look(tmp_path, gather_by_folder(expand([folder]), CLASSES))
    assert [one.candidate.source for one in sight.seen] == ["films/viral/b.png"]
    assert isinstance(sight.refused[0], Refused) and "cut short" in sight.refused[0].reason

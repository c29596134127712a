"""Deleting a study: on record, complete, and safe to be killed in the middle of."""

import hashlib
import sqlite3
from contextlib import closing

import pytest

from medcore.errors import LibraryError
from medcore.library import Library
from medcore.library.deleting import delete_rows
from medcore.library.locks import FileLock
from medcore.settings import Settings
from tests.libraries import Bring, make_attributes, stored_files


def test_the_files_go_and_the_record_stays_without_the_patient(
    library: Library, bring: Bring, settings: Settings
) -> None:
    summary = bring(make_attributes(patient_name="Roe, Ann", patient_id="XQ77"), make_attributes())
    kept = library.study(summary.studies[1]).instances[0].path
    library.delete_study(summary.studies[0], " B. Keeper ", "sent to the wrong place")
    assert stored_files(settings) == [kept]
    with closing(sqlite3.connect(settings.data_dir / "library" / "library.sqlite")) as connection:
        records = connection.execute("SELECT study_id, who, reason, images FROM deletion").fetchall()
    assert records == [(summary.studies[0], "B. Keeper", "sent to the wrong place", 1)]
    for file in (settings.data_dir / "library").glob("library.sqlite*"):
        assert b"Roe, Ann" not in file.read_bytes()
        assert b"XQ77" not in file.read_bytes()


@pytest.mark.parametrize(("who", "reason"), [("", "sent twice"), ("B. Keeper", " "), ("B. Keeper", "ann roe left")])
def test_a_deletion_needs_a_name_and_a_reason_that_does_not_name_the_patient(
    library: Library, bring: Bring, who: str, reason: str
) -> None:
    (study_id,) = bring(make_attributes(patient_name="Roe, Ann")).studies
    with pytest.raises(LibraryError):
        library.delete_study(study_id, who, reason)
    assert library.studies().total == 1


def test_a_study_that_is_gone_cannot_be_deleted_again(library: Library, bring: Bring) -> None:
    (study_id,) = bring(make_attributes()).studies
    library.delete_study(study_id, "B. Keeper", "sent twice")
    with pytest.raises(LibraryError, match="not in the library"):
        library.delete_study(study_id, "B. Keeper", "sent twice")


def test_a_number_that_was_deleted_never_comes_back(library: Library, bring: Bring) -> None:
    (study_id,) = bring(make_attributes()).studies
    library.delete_study(study_id, "B. Keeper", "sent twice")
    assert bring(make_attributes()).studies > (study_id,)


def test_a_deleted_study_can_be_added_again(library: Library, bring: Bring, settings: Settings) -> None:
    image = make_attributes()
    (study_id,) = bring(image).studies
    library.delete_study(study_id, "B. Keeper", "wrong")
    assert bring(image).added == 1
    assert len(stored_files(settings)) == 1


def test_a_deleted_image_is_remembered_by_a_hash_until_it_is_added_again(
    library: Library, bring: Bring, settings: Settings
) -> None:
    image, other = make_attributes(), make_attributes()
    (study_id, _) = bring(image, other).studies
    assert not library.was_deleted(image.sop_instance_uid)
    library.delete_study(study_id, "B. Keeper", "sent twice")
    assert library.was_deleted(image.sop_instance_uid)
    assert not library.was_deleted(other.sop_instance_uid)
    assert not library.was_deleted("1.2.3.4.5.6")
    assert library.find_instance(image.sop_instance_uid) is None
    file = settings.data_dir / "library" / "library.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        (kept,) = connection.execute("SELECT sha256 FROM deleted_image").fetchall()
    assert kept == (hashlib.sha256(image.sop_instance_uid.encode()).hexdigest(),)
    assert f'"{image.sop_instance_uid}"'.encode() not in file.read_bytes()
    bring(image)
    assert not library.was_deleted(image.sop_instance_uid)


def test_files_left_by_a_deletion_that_was_killed_go_at_the_next_opening(
    library: Library, bring: Bring, settings: Settings
) -> None:
    (study_id,) = bring(make_attributes()).studies
    with library._database.writing() as session:  # rows go in one step; the files would follow
        delete_rows(session, study_id, "B. Keeper", "wrong")
    assert len(stored_files(settings)) == 1
    library.close()
    Library.open(settings).close()
    assert stored_files(settings) == []


def test_files_stay_while_a_backup_reads_them_and_go_after_it(
    library: Library, bring: Bring, settings: Settings
) -> None:
    (study_id,) = bring(make_attributes()).studies
    lock = FileLock(settings.data_dir / "locks" / "files")
    lock.take(shared=True)
    library.delete_study(study_id, "B. Keeper", "wrong")
    assert len(stored_files(settings)) == 1
    assert library.studies().total == 0
    lock.release()
    library.backup(settings.data_dir / "backup.tar")
    assert stored_files(settings) == []

"""Backup and restore: one file, verified before anything is replaced."""

import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from medcore.errors import LibraryError
from medcore.library import Library, NewModel, NewReading
from medcore.library.layout import Layout
from medcore.settings import Settings
from tests.libraries import Bring, make_answer, make_attributes, make_older, stored_files

Members = dict[str, bytes]


@pytest.fixture
def saved(library: Library, bring: Bring, tmp_path: Path) -> Path:
    """A backup of a library with two studies, one of them read."""
    summary = bring(make_attributes(patient_name="Doe, Jane"), make_attributes())
    library.save_prediction(summary.instances[0], make_answer())
    library.save_reading(summary.studies[0], NewReading(summary.instances[0], "A. Reader", "viral"))
    file = tmp_path / "backup.tar"
    library.backup(file)
    return file


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """Another installation, whose data folder does not exist yet."""
    return Settings(data_dir=tmp_path / "elsewhere", models_dir=settings.models_dir)


def rewrite(backup: Path, change: Callable[[Members], None]) -> Path:
    """Write the backup again with its members changed."""
    with tarfile.open(backup) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    change(members)
    changed = backup.with_name("changed.tar")
    with tarfile.open(changed, "w") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return changed


def image_of(members: Members) -> str:
    return next(name for name in members if name.startswith("files/"))


def refit_tables(members: Members) -> None:
    """Make the manifest say what the changed tables are."""
    manifest = json.loads(members["manifest.json"])
    tables = members["library.sqlite"]
    manifest |= {"tables_sha256": hashlib.sha256(tables).hexdigest(), "tables_size": len(tables)}
    members["manifest.json"] = json.dumps(manifest).encode()


def run_in_tables(members: Members, folder: Path, statement: str) -> None:
    file = folder / "changed.sqlite"
    file.write_bytes(members["library.sqlite"])
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(statement)
    members["library.sqlite"] = file.read_bytes()
    refit_tables(members)


def test_a_restored_library_holds_what_was_saved(library: Library, saved: Path, elsewhere: Settings) -> None:
    Library.restore(saved, elsewhere)
    with closing(Library.open(elsewhere)) as restored:
        assert restored.studies() == library.studies()
        (read_id,) = (row.id for row in restored.studies().rows if row.status == "read")
        assert restored.readings(read_id) == library.readings(read_id)
        for row in restored.studies().rows:
            for instance in restored.study(row.id).instances:
                assert hashlib.sha256(instance.path.read_bytes()).hexdigest() == instance.sha256
    assert saved.stat().st_mode & 0o777 == 0o600
    assert [path.stat().st_mode & 0o777 for path in stored_files(elsewhere)] == [0o400, 0o400]


def test_a_backup_of_the_first_release_is_restored(
    library: Library, saved: Path, elsewhere: Settings, tmp_path: Path
) -> None:
    def make_tables_older(members: Members) -> None:
        file = tmp_path / "older.sqlite"
        file.write_bytes(members["library.sqlite"])
        make_older(file)
        members["library.sqlite"] = file.read_bytes()
        refit_tables(members)

    Library.restore(rewrite(saved, make_tables_older), elsewhere)
    with closing(Library.open(elsewhere)) as restored:
        assert restored.studies() == library.studies()


def test_a_backup_can_be_made_while_studies_come_in(
    library: Library, saved: Path, bring: Bring, tmp_path: Path
) -> None:
    bring(make_attributes())
    assert library.backup(tmp_path / "later.tar").files == 3


def test_a_backup_overwrites_no_file(library: Library, saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(LibraryError, match="another name"):
        library.backup(saved)
    assert saved.read_bytes() == before


def test_a_backup_into_a_missing_folder_says_so(library: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="does not exist"):
        library.backup(tmp_path / "missing" / "backup.tar")


def test_a_damaged_image_is_noticed_and_no_backup_is_left(
    library: Library, bring: Bring, settings: Settings, tmp_path: Path
) -> None:
    bring(make_attributes())
    (file,) = stored_files(settings)
    file.chmod(0o600)
    file.write_bytes(b"x" * 100)
    with pytest.raises(LibraryError, match="damaged"):
        library.backup(tmp_path / "backup.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_library_with_studies_is_replaced_only_when_told(
    library: Library, saved: Path, settings: Settings, bring: Bring
) -> None:
    bring(make_attributes())
    library.close()
    with pytest.raises(LibraryError, match="already holds studies"):
        Library.restore(saved, settings)
    Library.restore(saved, settings, replace=True)
    with closing(Library.open(settings)) as restored:
        assert restored.studies().total == 2
    assert len(stored_files(settings)) == 2


def test_a_library_in_use_is_not_replaced(library: Library, saved: Path, settings: Settings) -> None:
    with pytest.raises(LibraryError, match="Stop the server"):
        Library.restore(saved, settings, replace=True)
    assert library.studies().total == 2


def flip(members: Members) -> None:
    name = image_of(members)
    members[name] = members[name][:-1] + b"!"


def grow(members: Members) -> None:
    members[image_of(members)] += b"!"


def lose(members: Members) -> None:
    del members[image_of(members)]


def climb(members: Members) -> None:
    members["../outside"] = members.pop(image_of(members))


def add_absolute(members: Members) -> None:
    members["/tmp/outside"] = b""


def no_manifest(members: Members) -> None:
    del members["manifest.json"]


def odd_manifest(members: Members) -> None:
    members["manifest.json"] = b'{"format": 1}'


def hostile_manifest(members: Members) -> None:
    manifest = json.loads(members["manifest.json"])
    manifest["files"]["../../outside"] = 1
    members["manifest.json"] = json.dumps(manifest).encode()


def newer(members: Members) -> None:
    members["manifest.json"] = members["manifest.json"].replace(b'"format": 2', b'"format": 3')


def no_sizes(members: Members) -> None:
    manifest = json.loads(members["manifest.json"])
    members["manifest.json"] = json.dumps(manifest | {"files": [1]}).encode()


def deep_manifest(members: Members) -> None:
    members["manifest.json"] = b'{"format": ' + b"[" * 200_000


def broken_tables(members: Members) -> None:
    members["library.sqlite"] = b"x" * 4096
    refit_tables(members)


@pytest.mark.parametrize(
    "change",
    [
        flip,
        grow,
        lose,
        climb,
        add_absolute,
        no_manifest,
        odd_manifest,
        hostile_manifest,
        newer,
        broken_tables,
        no_sizes,
        deep_manifest,
    ],
)
def test_an_unsound_backup_is_refused_and_changes_nothing(
    saved: Path, elsewhere: Settings, tmp_path: Path, change: Callable[[Members], None]
) -> None:
    changed = rewrite(saved, change)
    with pytest.raises(LibraryError, match="backup"):
        Library.restore(changed, elsewhere)
    assert not (elsewhere.data_dir / "library").exists()
    assert not (elsewhere.data_dir / "restoring").exists()
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER spy AFTER INSERT ON reading BEGIN DELETE FROM loose_file; END",
        "DROP TRIGGER reading_no_delete",
        "UPDATE instance SET sha256 = '../../outside' WHERE id = 1",
        "UPDATE study SET patient_key = 99 WHERE id = 1",
        "UPDATE alembic_version SET version_num = '9999'",
        "UPDATE alembic_version SET version_num = '0001'",
        "DROP TABLE alembic_version; CREATE VIEW alembic_version AS WITH RECURSIVE endless(version_num) AS "
        "(SELECT 1 UNION ALL SELECT version_num + 1 FROM endless) SELECT max(version_num) AS version_num FROM endless",
        "UPDATE instance SET attributes = 'no JSON' WHERE id = 1",
        "UPDATE instance SET attributes = '[]' WHERE id = 1",
        "UPDATE instance SET attributes = json_set(attributes, '$.number_of_frames', 1000000000000) WHERE id = 1",
        "UPDATE instance SET attributes = json_set(attributes, '$.rows', 'many') WHERE id = 1",
        "UPDATE instance SET attributes = json_set(attributes, '$.study_date', 'today') WHERE id = 1",
        "UPDATE instance SET attributes = json_set(attributes, '$.image_position_mm', json('[1, 2]')) WHERE id = 1",
        "UPDATE patient SET name = 'Doe' || char(8238) WHERE id = 1",
        "UPDATE study SET study_date = 'today' WHERE id = 1",
        "UPDATE study SET images = 'many' WHERE id = 1",
    ],
)
def test_tables_that_are_not_medcores_own_are_refused(
    saved: Path, elsewhere: Settings, tmp_path: Path, statement: str
) -> None:
    changed = rewrite(saved, lambda members: run_in_tables(members, tmp_path, statement))
    with pytest.raises(LibraryError):
        Library.restore(changed, elsewhere)
    assert not (elsewhere.data_dir / "library").exists()


def test_a_study_whose_row_is_damaged_says_so_and_the_worklist_stays(library: Library, bring: Bring) -> None:
    broken, sound = bring(make_attributes(), make_attributes()).studies
    with library._database.writing() as session:
        session.execute(text("UPDATE instance SET attributes = '[]' WHERE id = 1"))
    with pytest.raises(LibraryError, match="damaged"):
        library.study(broken)
    assert library.study(sound).id == sound
    assert library.studies().total == 2


def test_a_link_in_a_backup_is_refused(saved: Path, elsewhere: Settings) -> None:
    with tarfile.open(saved, "a") as tar:
        link = tarfile.TarInfo("files/ab/cd")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(LibraryError, match="backup"):
        Library.restore(saved, elsewhere)


@pytest.mark.parametrize("data", [b"", b"Dear colleague", b"\0" * 2048])
def test_a_file_that_is_no_backup_is_refused(elsewhere: Settings, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "letter").write_bytes(data)
    with pytest.raises(LibraryError, match="not a MedCore backup"):
        Library.restore(tmp_path / "letter", elsewhere)


def test_a_restore_killed_between_its_two_steps_leaves_the_old_library(
    library: Library, bring: Bring, settings: Settings
) -> None:
    bring(make_attributes())
    library.close()
    layout = Layout(settings.data_dir)
    layout.restoring.mkdir()
    layout.library.rename(layout.replaced)
    with closing(Library.open(settings)) as opened:
        assert opened.studies().total == 1
    assert not layout.restoring.exists()
    assert not layout.replaced.exists()


def test_a_backup_that_does_not_fit_on_the_disk_says_so(
    library: Library, bring: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(make_attributes())
    monkeypatch.setattr("medcore.library.backup.free_bytes", lambda folder: 10)
    with pytest.raises(LibraryError, match="Choose another disk"):
        library.backup(tmp_path / "backup.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_restore_that_does_not_fit_on_the_disk_says_so(
    saved: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medcore.library.restoring.free_bytes", lambda folder: 10)
    with pytest.raises(LibraryError, match="too little room"):
        Library.restore(saved, elsewhere)
    assert shutil.disk_usage(elsewhere.data_dir).free > 10


@pytest.fixture
def with_model(library: Library, saved: Path, tmp_path: Path) -> Path:
    """A backup of a library with a model, as far as the library knows models."""
    folder = library.models_folder / ("ab" * 8)
    folder.mkdir()
    (folder / "model.json").write_text("{}")
    (folder / "model.keras").write_bytes(b"weights")
    library.models.add(NewModel("trained 1", folder.name, "ab" * 32, "A. Modeller"))
    file = tmp_path / "with-model.tar"
    library.backup(file)
    return file


def test_models_come_back_where_they_are_asked_for(with_model: Path, elsewhere: Settings) -> None:
    Library.restore(with_model, elsewhere, with_models=True)
    with closing(Library.open(elsewhere)) as restored:
        (model,) = restored.models.all()
        assert (restored.models_folder / model.folder / "model.keras").read_bytes() == b"weights"


def test_models_stay_in_the_backup_where_nobody_vouches_for_them(with_model: Path, elsewhere: Settings) -> None:
    Library.restore(with_model, elsewhere)
    with closing(Library.open(elsewhere)) as restored:
        assert [model.name for model in restored.models.all()] == ["trained 1"]
        assert list(restored.models_folder.iterdir()) == []


@pytest.mark.parametrize("with_models", [True, False])
def test_a_part_that_no_manifest_names_is_refused(with_model: Path, elsewhere: Settings, with_models: bool) -> None:
    changed = rewrite(with_model, lambda members: members.update({"models/abababababababab/evil.py": b"x"}))
    with pytest.raises(LibraryError, match="does not name"):
        Library.restore(changed, elsewhere, with_models=with_models)


def test_a_model_s_changed_byte_is_refused(with_model: Path, elsewhere: Settings) -> None:
    name = "models/abababababababab/model.keras"
    changed = rewrite(with_model, lambda members: members.update({name: b"WEIGHTS"}))
    with pytest.raises(LibraryError, match="SHA-256"):
        Library.restore(changed, elsewhere, with_models=True)


@pytest.mark.parametrize("name", ["../../evil/model.keras", "abababababababab/../x", "ABABABABABABABAB/x"])
def test_a_model_s_name_never_leads_elsewhere(with_model: Path, elsewhere: Settings, name: str) -> None:
    def rename(members: Members) -> None:
        manifest = json.loads(members["manifest.json"])
        manifest["models"] = {name: {"sha256": "ab" * 32, "size": 1}}
        members["manifest.json"] = json.dumps(manifest).encode()

    with pytest.raises(LibraryError, match="no model"):
        Library.restore(rewrite(with_model, rename), elsewhere, with_models=True)

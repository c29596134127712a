"""The migrations make the very tables that the code works with."""

import sqlite3
import traceback
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, text

import medcore.library
from medcore.errors import LibraryError
from medcore.library import Library, NewReading
from medcore.library.database import HEAD, REVISIONS, Database, revision_of
from medcore.library.schema import Base, Patient
from medcore.settings import Settings
from tests.libraries import Bring, make_answer, make_attributes, make_older

PACKAGE = Path(medcore.library.__file__).parent


def tables_of(revision: str, folder: Path) -> Path:
    """Make empty tables as a version of MedCore made them."""
    database = Database(folder / f"{revision}.sqlite")
    database.migrate(revision)
    database.close()
    return database.file


def definitions(file: Path) -> set[tuple[str, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return set(connection.execute("SELECT type, name, sql FROM sqlite_master"))


def test_the_tables_are_those_that_the_classes_describe(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.sqlite")
    database.migrate()
    engine = create_engine(f"sqlite:///{database.file}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    engine.dispose()
    database.close()


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(PACKAGE / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == HEAD
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS


def test_a_library_of_the_first_release_opens_with_all_that_it_holds(
    library: Library, bring: Bring, settings: Settings
) -> None:
    summary = bring(make_attributes(), make_attributes())
    library.save_prediction(summary.instances[0], make_answer())
    reading = library.save_reading(summary.studies[0], NewReading(summary.instances[0], "A. Reader", "viral"))
    library.close()
    file = settings.data_dir / "library" / "library.sqlite"
    make_older(file)
    assert definitions(file) == definitions(tables_of("0001", settings.data_dir))
    with closing(Library.open(settings)) as updated:
        assert revision_of(file) == HEAD
        assert definitions(file) == definitions(tables_of(HEAD, settings.data_dir))
        assert updated.studies().total == 2
        assert updated.readings(summary.studies[0]) == (reading,)
        kept = updated.predictions(summary.studies[0])[summary.instances[0]]
        assert kept.pneumonia == 0.8
        assert (kept.pneumonia_low, kept.pneumonia_high, kept.not_ruled_out) == (None, None, None)
        assert not updated.was_deleted(updated.instance(summary.instances[0]).attributes.sop_instance_uid)
        updated.delete_study(summary.studies[0], "B. Keeper", "sent twice")
        assert updated.studies().total == 1


def test_foreign_keys_are_enforced(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.sqlite")
    database.migrate()
    with pytest.raises(LibraryError, match="nothing was changed"), database.writing() as session:
        session.execute(text("INSERT INTO thumbnail (study_id, png) VALUES (7, x'00')"))
    database.close()


def test_a_refused_change_quotes_no_value(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.sqlite")
    database.migrate()
    row = {"patient_id": "7", "name": "Doe", "name_folded": "doe", "only_study": "", "sex": "F"}
    with pytest.raises(LibraryError) as caught, database.writing() as session:
        session.execute(insert(Patient), [row | {"id": 1}] * 2)
    assert "Doe" not in "".join(traceback.format_exception(caught.value))
    database.close()


def test_a_migration_that_is_killed_half_way_starts_again_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import op

    database = Database(tmp_path / "library.sqlite")

    def killed(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(op, "execute", killed)
        database.migrate()
    assert revision_of(database.file) is None
    database.migrate()
    assert revision_of(database.file) == HEAD
    database.close()


def test_a_library_of_a_newer_medcore_is_left_alone_with_a_sentence(settings: Settings) -> None:
    with closing(Library.open(settings)) as library, library._database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LibraryError, match="newer MedCore"):
        Library.open(settings)


def test_a_file_that_is_no_database_is_a_sentence(settings: Settings) -> None:
    Library.open(settings).close()
    (settings.data_dir / "library" / "library.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LibraryError, match="damaged"):
        Library.open(settings)


def test_a_data_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError, match="MEDCORE_DATA_DIR"):
        Library.open(Settings(data_dir=tmp_path / "file" / "data", models_dir=tmp_path))

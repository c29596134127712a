"""One SQLite file in WAL mode, its migrations, and transactions that several processes can share."""

import errno
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medcore.errors import LibraryError

BUSY_TIMEOUT_S = 60.0  # a writer waits this long for another process's transaction
REVISIONS = ("0001", "0002", "0003", "0004", "0005")  # the migrations, in order
HEAD = REVISIONS[-1]  # a library at this revision needs no Alembic
FULL_DISK = "The disk is full. Free some room, or delete studies that are no longer needed, and try again."
TOO_LARGE = "There is nothing in the library under a number as large as this. Choose a study in the worklist."
FULL_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Database:
    """Sessions on the library's file: many readers, one writer at a time, in this and in other processes."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._engine = _create_engine(file)
        self._writer = self._engine.execution_options(medcore_begin="BEGIN IMMEDIATE")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one moment of the library."""
        with sentences(), Session(self._engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that holds the write lock from the start; commit at the end, or change nothing."""
        with sentences(), Session(self._writer, autoflush=False) as session, session.begin():
            yield session

    def migrate(self, revision: str = HEAD) -> None:
        """Bring the tables to this version's, or an older one's; the caller keeps other processes out meanwhile."""
        with sentences():
            if (found := revision_of(self.file)) == revision:
                return
            _use_wal(self.file)
            with self._writer.connect() as connection:
                _upgrade(connection, found, revision)

    def checkpoint(self) -> None:
        """Bring the write-ahead log into the file and empty it, so that deleted rows are not left in it.

        Without effect while another process reads; the log is then overwritten later.
        """
        with sentences(), closing(sqlite3.connect(self.file, timeout=1)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def revision_of(file: Path) -> str | None:
    """Read the migration that a library's file is at, or None for a file without tables."""
    with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_S)) as connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


@contextmanager
def sentences() -> Iterator[None]:
    """Turn a full disk and a broken database into a sentence.

    Raises
    ------
    LibraryError
        Where the database or the file system refuses for want of room, a lock or a sound file.
    """
    try:
        yield
    except DBAPIError as error:
        raise LibraryError(_sentence(str(error.orig))) from error
    except OverflowError as error:  # a number of more than 64 bits, from an address for one
        raise LibraryError(TOO_LARGE) from error
    except sqlite3.Error as error:
        raise LibraryError(_sentence(str(error))) from error
    except OSError as error:
        if error.errno in FULL_DISK_ERRORS:
            raise LibraryError(FULL_DISK) from error
        raise


def _sentence(said: str) -> str:
    if "full" in said:
        return FULL_DISK
    if "disk I/O" in said:
        return "The disk cannot be read or written; it may be full or failing. Check it, free some room and try again."
    if "locked" in said:
        return "The library is busy with another program's work. Wait a moment and try again."
    if "readonly" in said or "unable to open" in said:
        return "The library's folder cannot be written to. Check who owns the data folder and try again."
    if "malformed" in said or "not a database" in said:
        return "The library's file is damaged. Restore the last backup with `medcore restore`."
    return "The change does not fit what is in the library, and nothing was changed. Open the page again and retry."


def _create_engine(file: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{file}",
        connect_args={"timeout": BUSY_TIMEOUT_S},
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,  # else errors quote the values of a statement, a patient's name among them
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _use_wal(file: Path) -> None:
    with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # sqlite3's own transactions begin late and deferred; ours begin where we say
    for pragma in ("foreign_keys = ON", "synchronous = NORMAL", "trusted_schema = OFF", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("medcore_begin", "BEGIN"))


def _upgrade(connection: Connection, found: str | None, revision: str) -> None:
    # Alembic takes a third of a second to import, and a library that is up to date does not need it.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise LibraryError(
            f"This library was made by a newer MedCore (its revision is {found}, this MedCore knows {HEAD}). "
            "Update MedCore and try again."
        ) from error
    connection.commit()

"""Bring a library back from a backup: everything is verified before anything is replaced.

A backup may come from anywhere, so its members are checked against the manifest by name, size and SHA-256, are never
unpacked by their own paths, and its tables must be the very tables that MedCore makes, or made before.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from medcore.errors import LibraryError
from medcore.library.backup import BLOCK, FORMAT, MANIFEST, TABLES, Manifest, Part
from medcore.library.database import REVISIONS, Database, revision_of, sentences
from medcore.library.layout import PRIVATE, READ_ONLY, SHA256, FileStore, Layout
from medcore.library.locks import FileLock
from medcore.library.room import free_bytes
from medcore.library.row_checks import check_rows

MODEL_PART = re.compile(r"[0-9a-f]{16}/[A-Za-z_][A-Za-z0-9_.-]{0,60}")  # folder and name
MAX_MANIFEST = 256 << 20  # bytes; a million images take about 80 MB
NOT_A_BACKUP = "This file is not a MedCore backup, or it is damaged: {} Choose another backup."
IN_USE = "MedCore is running on this data folder. Stop the server, the worker and other commands, then restore again."
NOT_EMPTY = "This library already holds studies. Restore into an empty data folder, or say that it is to be replaced."


def restore_library(file: Path, layout: Layout, *, replace: bool, with_models: bool) -> None:
    """Put the library of a backup in the place of the one in the data folder.

    A model is code as much as data, so that its models are left in the backup unless `with_models` says that it is the
    installation's own.

    Raises
    ------
    LibraryError
        If the backup is unsound, the disk too full, the library in use, or not empty and `replace` is not set.
    """
    layout.make_root()
    in_use = FileLock(layout.locks / "in-use")
    with FileLock(layout.locks / "open"), sentences():
        if not in_use.take(wait=False):
            raise LibraryError(IN_USE)
        try:
            layout.settle_restore()
            if not replace and not _is_empty(layout.database):
                raise LibraryError(NOT_EMPTY)
            if free_bytes(layout.root) < file.stat().st_size:
                raise LibraryError("The disk has too little room for this backup. Free some room and try again.")
            _unpack(file, layout.restoring, with_models=with_models)
            layout.swap_restored()
        finally:
            shutil.rmtree(layout.restoring, ignore_errors=True)
            in_use.release()


def _is_empty(database: Path) -> bool:
    if not database.exists() or revision_of(database) is None:
        return True
    with closing(sqlite3.connect(database)) as connection:
        (studies,) = connection.execute("SELECT count(*) FROM study").fetchone()
    return bool(studies == 0)


def _unpack(file: Path, folder: Path, *, with_models: bool) -> None:
    for one in (folder, folder / "files", folder / "models"):
        one.mkdir(mode=PRIVATE)
    try:
        with tarfile.open(file, "r:") as tar:
            manifest = _read_manifest(tar)
            _take(tar, tar.next(), TABLES, manifest.tables_size, manifest.tables_sha256, folder / TABLES)
            _take_images(tar, manifest, FileStore(folder / "files"))
            _take_models(tar, manifest, folder / "models" if with_models else None)
    except (tarfile.TarError, EOFError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise LibraryError(NOT_A_BACKUP.format("its parts cannot be read.")) from error
    _check_tables(folder / TABLES, manifest)
    os.sync()  # all of it is on the disk before the old library goes


def _read_manifest(tar: tarfile.TarFile) -> Manifest:
    member = tar.next()
    if member is None or member.name != MANIFEST or not _is_plain(member) or member.size > MAX_MANIFEST:
        raise LibraryError(NOT_A_BACKUP.format("it does not begin with a manifest."))
    stream = tar.extractfile(member)
    entries = json.loads(stream.read() if stream else b"")
    models = {name: Part(**part) for name, part in entries.get("models", {}).items()}
    manifest = Manifest(**{**entries, "models": models})
    if manifest.format not in range(1, FORMAT + 1):
        raise LibraryError("This backup was made by a newer MedCore. Update MedCore and try again.")
    sizes = (manifest.tables_size, *manifest.files.values())
    if not all(isinstance(size, int) and size >= 0 for size in sizes) or not all(map(SHA256.fullmatch, manifest.files)):
        raise LibraryError(NOT_A_BACKUP.format("its manifest names something that is no image."))
    parts = models.values()
    if not all(map(MODEL_PART.fullmatch, models)) or not all(SHA256.fullmatch(part.sha256) for part in parts):
        raise LibraryError(NOT_A_BACKUP.format("its manifest names something that is no model."))
    return manifest


def _take_images(tar: tarfile.TarFile, manifest: Manifest, store: FileStore) -> None:
    missing = dict(manifest.files)
    while missing and (member := tar.next()) is not None:
        sha256 = member.name.removeprefix("files/").replace("/", "", 1)
        if sha256 not in missing:
            raise LibraryError(NOT_A_BACKUP.format("it holds a part that its manifest does not name."))
        target = store.path(sha256)
        target.parent.mkdir(mode=PRIVATE, exist_ok=True)
        _take(tar, member, f"files/{sha256[:2]}/{sha256[2:]}", missing.pop(sha256), sha256, target)
        target.chmod(READ_ONLY)
    if missing:
        raise LibraryError(NOT_A_BACKUP.format(f"{len(missing)} of its images are missing."))


def _take_models(tar: tarfile.TarFile, manifest: Manifest, folder: Path | None) -> None:
    """Take the models' files, or pass over them; nothing else may follow."""
    for name, part in manifest.models.items():
        member = tar.next()
        if folder is not None:
            (folder / name).parent.mkdir(mode=PRIVATE, exist_ok=True)
            _take(tar, member, f"models/{name}", part.size, part.sha256, folder / name)
        elif member is None or member.name != f"models/{name}":
            raise LibraryError(NOT_A_BACKUP.format("one of its parts is not what its manifest says."))
    if tar.next() is not None:
        raise LibraryError(NOT_A_BACKUP.format("it holds a part that its manifest does not name."))


def _take(
    tar: tarfile.TarFile, member: tarfile.TarInfo | None, name: str, size: int, sha256: str, target: Path
) -> None:
    if member is None or member.name != name or member.size != size or not _is_plain(member):
        raise LibraryError(NOT_A_BACKUP.format("one of its parts is not what its manifest says."))
    stream = tar.extractfile(member)
    digest = hashlib.sha256()
    with target.open("xb") as out:
        while stream is not None and (block := stream.read(BLOCK)):
            digest.update(block)
            out.write(block)
    if digest.hexdigest() != sha256:
        raise LibraryError(NOT_A_BACKUP.format("the bytes of one part do not fit its SHA-256."))


def _is_plain(member: tarfile.TarInfo) -> bool:
    return member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and member.sparse is None


def _check_tables(tables: Path, manifest: Manifest) -> None:
    with closing(sqlite3.connect(tables)) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")
        # Nothing in it is asked for before this: a view in the place of a table may run for ever.
        if _definitions(connection) not in map(_own_definitions, REVISIONS):
            raise LibraryError(NOT_A_BACKUP.format("its tables are not those that MedCore makes."))
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise LibraryError(NOT_A_BACKUP.format("its tables are damaged."))
        named = dict(connection.execute("SELECT sha256, size FROM instance"))
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if named != dict(manifest.files) or broken is not None:
        raise LibraryError(NOT_A_BACKUP.format("its tables and its images do not fit together."))
    with closing(Database(tables)) as database:
        database.migrate()
        with database.reading() as session:
            try:
                check_rows(session)
            except LibraryError as error:
                raise LibraryError(NOT_A_BACKUP.format(str(error))) from error


def _own_definitions(revision: str) -> set[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / TABLES)
        database.migrate(revision)
        database.close()
        with closing(sqlite3.connect(database.file)) as connection:
            return _definitions(connection)


def _definitions(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    return set(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))

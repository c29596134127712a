"""How much room the data folder has left."""

import shutil
from pathlib import Path

from sqlalchemy import func, select

from medcore.library.database import Database
from medcore.library.layout import Layout
from medcore.library.records import Room
from medcore.library.schema import Instance


def free_bytes(folder: Path) -> int:
    """Return what the file system lets this user still write, in bytes."""
    return shutil.disk_usage(folder).free


def measure_room(layout: Layout, database: Database) -> Room:
    """Count what the library takes and what is left, both in bytes."""
    with database.reading() as session:
        images = session.scalar(select(func.coalesce(func.sum(Instance.size), 0))) or 0
    tables = sum(file.stat().st_size for file in layout.library.glob("library.sqlite*"))
    return Room(free_bytes=free_bytes(layout.root), used_bytes=images + tables)

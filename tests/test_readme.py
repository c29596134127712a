"""What the README shows is there and runs."""

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from medcore.cli import main
from medcore.settings import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split("#")[0].strip()
    for line in re.findall(r"```\n(.*?)```", README, re.DOTALL)[0:3]
    for line in line.splitlines()
]


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("make ")])
def test_make_knows_every_target(command: str) -> None:
    plan = subprocess.run([*command.split(), "--dry-run"], cwd=REPOSITORY, capture_output=True, text=True)
    assert plan.returncode == 0, plan.stderr


@pytest.mark.parametrize("command", [one for one in COMMANDS if re.match(r"(python -m )?medcore \w", one)])
def test_the_command_line_knows_every_command_and_option(command: str) -> None:
    words = command.replace("python -m ", "").split()[1:]
    shown = CliRunner().invoke(main, [words[0], "--help"])
    assert shown.exit_code == 0
    assert all(option in shown.output for option in words if option.startswith("--"))


def test_the_plain_way_starts_the_server_that_make_starts() -> None:
    assert "streamlit run app.py" in COMMANDS
    assert "streamlit run app.py" in (REPOSITORY / "Makefile").read_text(encoding="utf-8")


def test_every_picture_and_file_that_it_points_to_is_there() -> None:
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", README) if not target.startswith("http")]
    assert len(targets) >= 4
    assert [target for target in targets if not (REPOSITORY / target).is_file()] == []


def test_medcore_loads_without_streamlit() -> None:
    check = (
        "import pkgutil, sys, importlib, medcore\n"
        "for module in pkgutil.walk_packages(medcore.__path__, 'medcore.'):\n"
        "    if not module.name.endswith('__main__') and '.migrations.' not in module.name:\n"
        "        importlib.import_module(module.name)\n"
        "sys.exit('streamlit' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", check], cwd=REPOSITORY).returncode == 0

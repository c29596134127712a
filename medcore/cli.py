"""The command line: the same functions as the pages, without a browser."""

import logging
import os
import sys
from pathlib import Path

import click

import medcore
from medcore.errors import MedcoreError
from medcore.faults import keep_logs_private
from medcore.fetch_command import fetch
from medcore.model_commands import MODEL_COMMANDS
from medcore.progress import progress
from medcore.settings import REPOSITORY, Settings
from medcore.synthesis_commands import synthesize

FOLDER_OR_FILE = click.Path(exists=True, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)


class Commands(click.Group):
    """Commands whose errors are one sentence, never a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command and turn what MedCore raises on purpose into a message and exit code 1."""
        try:
            return super().invoke(ctx)
        except MedcoreError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands)
@click.version_option(medcore.__version__, prog_name="medcore")
def main() -> None:
    """Read DICOM studies, see what a CNN says and where it looked. Not a medical device."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    keep_logs_private()
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of each step on every opening


@main.command()
@click.argument("paths", nargs=-1, required=True, type=FOLDER_OR_FILE)
def add(paths: tuple[Path, ...]) -> None:
    """Add DICOM files, folders and zips to the library."""
    _add(paths)


@main.group(invoke_without_command=True)
@click.pass_context
def demo(context: click.Context) -> None:
    """Add the demonstration studies to the library; `demo fetch` gets films to train on."""
    from medcore.demo import demonstration_files

    if context.invoked_subcommand is None:
        _add(demonstration_files())


demo.add_command(fetch)


def _add(paths: tuple[Path, ...]) -> None:
    from medcore.library import Library

    with progress("Adding") as bar:
        summary = Library.open(Settings.from_environment()).add(paths, on_progress=bar)
    click.echo(
        f"Images added: {summary.added}, in studies: {len(summary.studies)}, there already: {summary.already}, "
        f"files not taken: {len(summary.refused)}."
    )
    for flag in summary.flagged:
        click.echo(f"Please check: {flag}")
    for refusal in summary.refused:
        click.echo(f"{refusal.source}: {refusal.reason}", err=True)
    if summary.refused:
        sys.exit(1)


@main.command()
@click.argument("paths", nargs=-1, required=True, type=FOLDER_OR_FILE)
@click.option("--csv", "table", required=True, type=NEW_FILE, help="Where to write the table, one row an image.")
@click.option("--age", type=float, help="The patients' age in years, for files that do not give it.")
def classify(paths: tuple[Path, ...], table: Path, age: float | None) -> None:
    """Classify DICOM files without adding them to the library."""
    from medcore.worker.classify import classify_files, write_table

    with progress("Classifying") as bar:
        failed = write_table(classify_files(paths, Settings.from_environment(), age_years=age, on_progress=bar), table)
    if failed:
        click.echo(f"{failed} files could not be classified; the table says why.", err=True)
        sys.exit(1)


@main.command()
@click.option("--port", default=8501, show_default=True, help="On 127.0.0.1.")
def serve(port: int) -> None:
    """Serve the dashboard on this machine."""
    os.chdir(REPOSITORY)  # Streamlit reads .streamlit/config.toml from the working directory
    arguments = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    os.execv(sys.executable, arguments)  # nosec B606 # fixed arguments, no shell


@main.command()
def worker() -> None:
    """Run the background jobs of this installation's library; the server starts one by itself."""
    from medcore.worker.loop import run_worker

    run_worker(Settings.from_environment())


@main.command()
@click.argument("file", type=NEW_FILE)
def backup(file: Path) -> None:
    """Write the whole library into one file."""
    from medcore.library import Library

    summary = Library.open(Settings.from_environment()).backup(file)
    click.echo(f"{summary.files} files, {summary.size_bytes:,} bytes.")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Give up the library that is there now.")
def restore(file: Path, replace: bool) -> None:
    """Bring a library back from a backup, while MedCore is stopped."""
    from medcore.library import Library

    Library.restore(file, Settings.from_environment(), replace=replace)


for command in (*MODEL_COMMANDS, synthesize):
    main.add_command(command)

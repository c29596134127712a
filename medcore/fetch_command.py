"""The command that gets published films from the network: for whoever trains, not for the clinic."""

import sys
from pathlib import Path

import click

from medcore.errors import MedcoreError
from medcore.progress import progress
from medcore.settings import Settings

NEW_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", required=False, type=NEW_FOLDER)
@click.option("--yes", is_flag=True, help="Download without asking.")
def fetch(folder: Path | None, yes: bool) -> None:
    """Get the published chest films of children (1.2 GB) into FOLDER, as the commands that train take them.

    Shows host, size and licence, and asks before anything is sent. Without FOLDER they go beside the library.
    """
    from medcore.fetching import TABLE, check_room, download, is_here, published, write_films

    publication = published.CHEST_FILMS
    place = (folder or Settings.from_environment().data_dir / "chest-films").expanduser().resolve()
    films = place / "films"
    click.echo(f"{publication.describe()}\nKept in: {place}")
    if not is_here(publication, place):
        check_room(publication, place)
        if not yes:
            _ask()
        with progress("Downloading, MiB") as bar:
            download(publication, place, bar)
    if not (films / TABLE).is_file():
        with progress("Unpacking films") as bar:
            write_films(place / publication.name, films, publication.films, bar)
    click.echo(f"{publication.films:,} films. To train on them: medcore train-default {films}")


def _ask() -> None:
    if not _is_terminal():
        raise MedcoreError("There is nobody here to ask. To download without being asked: medcore demo fetch --yes")
    if not click.confirm("Download it?"):
        click.echo("Nothing was downloaded.")
        sys.exit(1)


def _is_terminal() -> bool:
    return sys.stdin.isatty()

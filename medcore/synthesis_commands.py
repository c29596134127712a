"""The commands that make the synthetic films: for whoever trains, not for the clinic."""

from pathlib import Path

import click

from medcore.demo import SYNTHETIC_FILMS
from medcore.model_commands import FOLDER, MODEL
from medcore.progress import progress
from medcore.settings import Settings

WORK = click.option("--work", type=click.Path(path_type=Path), help="Where the networks are kept.")


@click.group()
def synthesize() -> None:
    """Make films of nobody."""


@synthesize.command()
@click.argument("data", type=FOLDER)
@WORK
def train(data: Path, work: Path | None) -> None:
    """Train the generator, and what tells patients apart, on the films in DATA; goes on where it was interrupted."""
    from medcore.synthesis.training import SynthesisRecipe, train_synthesis

    with progress("Training") as bar:
        train_synthesis(data, work or _work(), SynthesisRecipe(), bar)


@synthesize.command()
@click.argument("data", type=FOLDER)
@MODEL
@WORK
@click.option("--out", type=click.Path(path_type=Path), default=SYNTHETIC_FILMS, help="The folder of the films.")
def films(data: Path, model: Path | None, work: Path | None, out: Path) -> None:
    """Draw films and write those that come near no film in DATA and that the classifier would look at."""
    from medcore.classifier import default_model_folder
    from medcore.synthesis.films import make_films

    figures = make_films(data, work or _work(), out, model or default_model_folder())
    click.echo(f"Drawn: {figures.drawn}, too near to a real film: {figures.too_near}, refused: {figures.refused}.")


def _work() -> Path:
    return Settings.from_environment().data_dir / "synthesis"

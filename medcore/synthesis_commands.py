"""The commands that make the synthetic films: for whoever trains, not for the clinic."""

from pathlib import Path

import click

from medcore.demo import SYNTHETIC_FILMS
from medcore.model_commands import FOLDER, MODEL
from medcore.progress import progress
from medcore.settings import Settings

HELP_FILE = "do-they-help.json"
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


@synthesize.command()
@click.argument("data", type=FOLDER)
@MODEL
@WORK
@click.option("--out", type=click.Path(path_type=Path), default=SYNTHETIC_FILMS / HELP_FILE, help="The results.")
def compare(data: Path, model: Path | None, work: Path | None, out: Path) -> None:
    """Train with few films of a class, with and without drawn ones, and compare on validation films (hours)."""
    from medcore.classifier import default_model_folder
    from medcore.synthesis.helping import compare_with_drawn

    with progress("Training") as bar:
        rows = compare_with_drawn(data, work or _work(), model or default_model_folder(), out, on_progress=bar)
    for row in rows:
        click.echo(f"Seed {row.seed}, {row.drawn_films} drawn films: AUC {row.cut_auc:.3f}, mean {row.mean_auc:.3f}")


def _work() -> Path:
    return Settings.from_environment().data_dir / "synthesis"

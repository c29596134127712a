"""The commands that make a model, measure it, and write its card: for whoever trains, not for the clinic."""

from pathlib import Path

import click

from medcore.progress import progress
from medcore.settings import Settings

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
RESULTS = click.Path(dir_okay=False, path_type=Path)
MODEL = click.option("--model", type=FOLDER, help="The model's folder; the shipped one if left out.")
WORK = click.option("--work", type=click.Path(path_type=Path), help="Where each seed is kept.")


@click.command("train-default")
@click.argument("data", type=FOLDER)
@click.option("--out", type=click.Path(path_type=Path), help="The model's folder; the shipped one if left out.")
@WORK
@click.option("--seed", "seeds", type=int, multiple=True, default=(1, 2, 3), show_default=True)
def train_default(data: Path, out: Path | None, work: Path | None, seeds: tuple[int, ...]) -> None:
    """Train the model that ships with MedCore, from the films in DATA; goes on where it was interrupted."""
    from medcore.training.default_model import train_default as train

    with progress("Training") as bar:
        train(data, _or_shipped(out), work or _work(), seeds=seeds, on_progress=bar)


@click.command("test-default")
@click.argument("data", type=FOLDER)
@MODEL
@WORK
def test_default(data: Path, model: Path | None, work: Path | None) -> None:
    """Show every seed of the finished model the test films in DATA, and log it in the model's card."""
    from medcore.training.test_meeting import meet_test

    for meeting in meet_test(data, _or_shipped(model), work or _work()).meetings:
        click.echo(f"{meeting.model}: AUC {meeting.auc:.4f}, accuracy {meeting.accuracy:.4f}")


@click.command("try-recipes")
@click.argument("data", type=FOLDER)
@click.argument("results", type=RESULTS)
def try_recipes(data: Path, results: Path) -> None:
    """Try what might help on validation films made harder; RESULTS is a JSON file that grows by each trial."""
    from medcore.training.trials import try_recipes as run

    with progress("Trying") as bar:
        by_score = run(data, results, on_progress=bar)
    for result in by_score:
        click.echo(f"{result.score:.4f}  {result.log_loss:.4f}  {result.name}")


@click.command()
@click.argument("data", type=FOLDER)
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--with-test", is_flag=True, help="Show them the test films too, once.")
def baselines(data: Path, out: Path, with_test: bool) -> None:
    """Train two plain classifiers on the same films as the default model; OUT keeps weights and figures."""
    from medcore.training.baselines import run_baselines

    with progress("Training") as bar:
        rows = run_baselines(data, out, with_test=with_test, on_progress=bar)
    for row in rows:
        click.echo(f"{row.model}, {row.part}: AUC {row.auc:.4f}, accuracy {row.accuracy:.4f}")


@click.command()
@click.argument("name", type=click.Choice(["breast", "retina"]))
@click.argument("data", type=FILE)
@click.argument("results", type=RESULTS)
def task(name: str, data: Path, results: Path) -> None:
    """Train and test the same code on a small public task, DATA in MedMNIST's layout; RESULTS is a JSON file."""
    from medcore.training.tasks import run_task

    with progress("Training") as bar:
        rows = run_task(name, data, results, on_progress=bar)
    for row in rows:
        click.echo(f"{row.model}: AUC {row.auc or 0:.3f}, accuracy {row.accuracy or 0:.3f}")


@click.command()
@MODEL
@click.option("--trials", type=FILE, help="What try-recipes wrote.")
@click.option("--baselines", "baseline_rows", type=FILE, help="The baselines.json that baselines wrote.")
@click.option("--tasks", type=FILE, help="What task wrote.")
@click.option("--scope-data", type=FOLDER, help="The folder of the data sets that the scope checks are tried on.")
@click.option("--note", "notes", multiple=True, help="A sentence on what was seen besides; may be repeated.")
def card(
    model: Path | None,
    trials: Path | None,
    baseline_rows: Path | None,
    tasks: Path | None,
    scope_data: Path | None,
    notes: tuple[str, ...],
) -> None:
    """Bring what other commands measured into a model's figures, and write its CARD.md anew."""
    from medcore.training.complete import Sources, complete_report

    complete_report(_or_shipped(model), Sources(trials, baseline_rows, tasks, scope_data, notes))


def _or_shipped(folder: Path | None) -> Path:
    from medcore.classifier import default_model_folder

    return folder or default_model_folder()


def _work() -> Path:
    return Settings.from_environment().data_dir / "training"


MODEL_COMMANDS = (train_default, test_default, try_recipes, baselines, task, card)

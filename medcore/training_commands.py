"""The commands of the loop from labels to a live model."""

from typing import TYPE_CHECKING

import click

from medcore.errors import LibraryError
from medcore.progress import progress
from medcore.settings import Settings

if TYPE_CHECKING:
    from medcore.library import Library, ModelVersion

WHO = click.option("--who", required=True, help="Your name; it is kept on record.")
REASON = click.option("--reason", required=True, help="Why; it is kept on record.")
PRESET = click.Choice(["quick", "standard", "thorough"])


@click.command()
@click.option("--set", "label_set", default="Findings in Review", show_default=True, help="The label set.")
@click.option("--classes", help="Which of its classes, a comma between; the first finds nothing. All that have labels.")
@click.option("--finding", default="", help="What the other classes mean together, pneumonia for one.")
@click.option("--start", type=click.Choice(["live", "imagenet"]), default="live", show_default=True)
@click.option("--preset", type=PRESET, default="standard", show_default=True)
@click.option("--mirrored/--not-mirrored", default=True, help="Whether a mirror image shows the same.")
@click.option("--name", default="candidate", show_default=True, help="Of the model.")
@click.option("--seed", default=1, show_default=True)
@WHO
def train(
    label_set: str,
    classes: str | None,
    finding: str,
    start: str,
    preset: str,
    mirrored: bool,
    name: str,
    seed: int,
    who: str,
) -> None:
    """Train a candidate on the labels of a set, and ask the gate about it; a worker that runs does it."""
    from medcore.training.asked import Asked, start_training
    from medcore.worker.following import follow

    settings = Settings.from_environment()
    library = _open(settings)
    asked = Asked(
        label_set=label_set,
        classes=tuple(classes.split(",")) if classes else (),
        finding=finding,
        start="live" if start == "live" else "imagenet",
        preset=preset,
        mirrored=mirrored,
        name=name,
        seed=seed,
    )
    run = start_training(library, asked, who)
    with progress("Training") as bar:
        job = follow(library, settings, run, bar)
    if job.state != "done":
        raise LibraryError(job.error or f"The training is {job.state}.")
    model = next(one for one in library.models.all() if one.id == job.result["model"])
    click.echo(f"Candidate {model.id}: {model.name}.")
    _tell_gate(library, model, str(job.result.get("not compared", "")))


@click.command()
def models() -> None:
    """List the models with what the gate said of them, and which one was live when."""
    library = _open(Settings.from_environment())
    named = {model.id: model for model in library.models.all()}
    live = library.models.live()
    for model in named.values():
        click.echo(f"{model.id}: {model.name}{', live' if live and live.id == model.id else ''}.")
        _tell_gate(library, model, "")
    for one in library.models.history():
        click.echo(f"{one.created_at:%Y-%m-%d %H:%M}: {named[one.model_id].name}, {one.how}. {one.who}: {one.reason}")


@click.command()
@click.argument("model", type=int)
@WHO
@REASON
@click.option("--override", is_flag=True, help="Do so although the gate turns it away.")
def promote(model: int, who: str, reason: str, override: bool) -> None:
    """Make the candidate with this number live."""
    from medcore.worker.promoting import promote as make_live

    library = _open(Settings.from_environment())
    make_live(library, _find(library, model), who, reason, override=override)
    click.echo("It is live from now on, and looks at all images in the background.")


@click.command()
@click.argument("model", type=int)
@WHO
@REASON
def rollback(model: int, who: str, reason: str) -> None:
    """Go back to the model with this number, which was live before."""
    from medcore.worker.promoting import roll_back

    library = _open(Settings.from_environment())
    roll_back(library, _find(library, model), who, reason)
    click.echo("It is live again; what it answered before stands again.")


def _open(settings: Settings) -> "Library":
    from medcore.library import Library
    from medcore.worker.installed import record_shipped

    library = Library.open(settings)
    record_shipped(library, settings)
    return library


def _find(library: "Library", number: int) -> "ModelVersion":
    found = next((model for model in library.models.all() if model.id == number), None)
    if found is None:
        raise LibraryError("There is no model with this number. See `medcore models`.")
    return found


def _tell_gate(library: "Library", model: "ModelVersion", not_compared: str) -> None:
    for said in library.models.comparisons(model.id)[-1:]:
        click.echo(f"  The gate {'lets it through' if said.passes else 'turns it away'}:")
        for check in said.verdict["checks"]:
            click.echo(f"  {'passed' if check['passed'] else 'failed'}: {check['name']}. {check['said']}")
    if not_compared:
        click.echo(f"  Not compared: {not_compared}")


TRAINING_COMMANDS = (train, models, promote, rollback)

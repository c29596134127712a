"""The commands that bring labels in."""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from medcore.errors import LibraryError
from medcore.progress import progress
from medcore.settings import Settings

if TYPE_CHECKING:
    from medcore.labelling.upload import CheckedUpload
    from medcore.library import LabelSet, Library

FOLDER_OR_FILE = click.Path(exists=True, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def labels() -> None:
    """Bring labels in, and list what there is."""


@labels.command("list")
def list_sets() -> None:
    """List the label sets with their classes, and how many images have a label that counts."""
    from medcore.library import Library

    library = Library.open(Settings.from_environment())
    for one in library.labels.sets():
        decided = [decision.classes for decision in library.labels.decisions(one.id)]
        counts = (f"{name} {sum(name in (classes or ()) for classes in decided)}" for name in one.classes)
        click.echo(f"{one.name}: {', '.join(counts)}; open disagreements: {sum(not given for given in decided)}.")


@labels.command()
@click.argument("paths", nargs=-1, type=FOLDER_OR_FILE)
@click.option(
    "--table", type=FILE, help="CSV with the columns file or sop_instance_uid, label, patient, split, author."
)
@click.option("--set", "name", default="Findings in Review", show_default=True, help="The label set.")
@click.option("--classes", help="Make the label set, with these classes, a comma between.")
@click.option("--several", is_flag=True, help="The set that is made takes several classes for one image.")
@click.option("--who", required=True, help="Who gives the labels, where the table names nobody.")
@click.option("--modality", default="OT", show_default=True, help="Of PNG and JPEG files, as DICOM names it: CR, US.")
@click.option("--body-part", default="", help="That PNG and JPEG files show, as DICOM names it: CHEST.")
@click.option("--view", default="", help="Of PNG and JPEG files, as DICOM names it: AP, PA.")
@click.option("--age", type=click.IntRange(0, 130), help="Of the patients of PNG and JPEG files, in years.")
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path), help="Where to write what is not taken.")
@click.option("--yes", is_flag=True, help="Take what is sound without asking.")
def add(
    paths: tuple[Path, ...],
    table: Path | None,
    name: str,
    classes: str | None,
    several: bool,
    who: str,
    modality: str,
    body_part: str,
    view: str,
    age: int | None,
    refused: Path | None,
    yes: bool,
) -> None:
    """Bring in files with labels: folders and zips whose folders are classes, or files that a table names.

    Everything is checked first, and taken only after asking.
    """
    from medcore.dicom.items import PictureFacts
    from medcore.labelling.taking import take
    from medcore.labelling.upload import Upload, check_upload, refused_table
    from medcore.library import Library

    library = Library.open(Settings.from_environment())
    label_set = _label_set(library, name, classes, several, who)
    pictures = PictureFacts(modality=modality, body_part=body_part, view=view, age_years=age)
    upload = Upload(paths, label_set, table.read_bytes() if table else None, pictures)
    with tempfile.TemporaryDirectory() as staging:
        with progress("Checking") as bar:
            checked = check_upload(upload, library, Path(staging), bar)
        _tell(checked)
        if not checked.sound or not (yes or click.confirm(f"Take {len(checked.sound)} images with their labels?")):
            everything = checked.refused
        else:
            with progress("Adding") as bar:
                taken = take(checked.sound, library, label_set, who, bar)
            click.echo(f"Images added: {taken.added}, there already: {taken.already}, labels saved: {taken.labelled}.")
            everything = (*checked.refused, *taken.refused)
    if refused:
        refused.write_bytes(refused_table(everything))
    for one in everything:
        click.echo(f"{f'Row {one.row}, ' if one.row else ''}{one.source}: {one.reason}", err=True)
    if everything:
        sys.exit(1)


@labels.command("compare-orders")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def compare(data: Path, out: Path) -> None:
    """Measure on the films in DATA what an order of labelling brings over none; OUT is a JSON file."""
    from medcore.training.order_trial import compare_orders

    with progress("Labelling") as bar:
        rows = compare_orders(data, out, on_progress=bar)
    for row in rows:
        click.echo(f"{row.order}, seed {row.seed}, {row.labels} labels: AUC {row.auc:.4f}")


def _label_set(library: "Library", name: str, classes: str | None, several: bool, who: str) -> "LabelSet":
    if classes is not None:
        return library.labels.create_set(name, classes.split(","), several=several, who=who)
    found = next((one for one in library.labels.sets() if one.name == name), None)
    if found is None:
        raise LibraryError("There is no label set of this name. Name its classes with --classes to make it.")
    return found


def _tell(checked: "CheckedUpload") -> None:
    from medcore.labelling.upload import NO_PATIENTS

    for count in checked.counts:
        few = ", too few patients to say how well a model does on it" if count.is_small else ""
        click.echo(f"{count.name}: {count.images} images of {count.patients} patients{few}.")
    if checked.sound and not checked.names_patients:
        click.echo(NO_PATIENTS)
    for pair in checked.alike:
        click.echo(f"These look the same, and are said to be of two patients: {pair.first} and {pair.second}.")
    click.echo(f"Not taken: {len(checked.refused)}.")

"""The command that evaluates a model on labelled films."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from medcore.errors import ModelError
from medcore.progress import progress
from medcore.settings import Settings

if TYPE_CHECKING:
    from medcore.worker.evaluating.assessment import Assessment
    from medcore.worker.evaluating.measuring import Assessed
    from medcore.worker.evaluating.tables import Row

NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("model")
@click.argument("data", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--label-set", help="Evaluate on the library's images of this label set, instead of DATA.")
@click.option("--split", default="", help="Which films of DATA; all if left out.")
@click.option("--classes", default="", help="The names of the classes that an NPZ file numbers, a comma between.")
@click.option("--with-known", is_flag=True, help="Keep films that the model was made from: figures come out too good.")
@click.option("--json", "json_file", type=NEW_FILE, help="Where to write everything as JSON.")
@click.option("--html", "html_file", type=NEW_FILE, help="Where to write everything as one page to read or print.")
def evaluate(
    model: str,
    data: Path | None,
    label_set: str | None,
    split: str,
    classes: str,
    with_known: bool,
    json_file: Path | None,
    html_file: Path | None,
) -> None:
    """Measure a model on labelled films; MODEL is "live", a number or name that `medcore models` lists, or a folder.

    DATA is a folder with labels.csv (columns file, patient, label and, if wished, split, sex, age, view, scanner,
    source), or an NPZ file in MedMNIST's layout.
    """
    from medcore.library import Library
    from medcore.library.new_file import check_place
    from medcore.worker.answers import Model
    from medcore.worker.evaluating.asking import AskedFilms
    from medcore.worker.evaluating.assess import assess, known_films
    from medcore.worker.evaluating.folder_cases import read_cases
    from medcore.worker.evaluating.library_cases import library_cases
    from medcore.worker.installed import named_model_folder

    if (data is None) == (label_set is None):
        raise click.UsageError("Give either DATA or --label-set.")
    for file in filter(None, (json_file, html_file)):
        check_place(file, "evaluation")
    settings = Settings.from_environment()
    library = Library.open(settings)
    folder = named_model_folder(library, settings, model)
    asked = Model(folder)
    if data is not None:
        names = [name.strip() for name in classes.split(",") if name.strip()]
        cases = read_cases(data, split=split, classes=names)
    else:
        cases = library_cases(library, library.labels.set_named(str(label_set)), asked.card)
    known = frozenset[str]() if with_known else known_films(folder, asked.card)
    with tempfile.TemporaryDirectory(prefix="medcore-") as work, progress("Evaluating") as bar:
        assessed = assess(asked, cases, known, AskedFilms(Path(work) / "asked"), split=split, on_progress=bar)
    if assessed is None:
        raise ModelError("The evaluation was cut short. Start it again.")
    _keep(assessed, settings, json_file, html_file)
    _tell(assessed.assessment)


def _keep(assessed: "Assessed", settings: Settings, json_file: Path | None, html_file: Path | None) -> None:
    from medcore.library.new_file import new_file
    from medcore.pictures import encode_png
    from medcore.worker.evaluating.report_file import as_html
    from medcore.worker.evaluating.store import KeptEvaluations

    KeptEvaluations(settings).save(assessed)
    if json_file:
        with new_file(json_file, "evaluation") as file:
            file.write_text(assessed.assessment.to_json(), encoding="utf-8")
    if html_file:
        pictures = {number: encode_png(case.picture()) for number, case in enumerate(assessed.worst, 1)}
        with new_file(html_file, "evaluation") as file:
            file.write_text(as_html(assessed.assessment, pictures.get), encoding="utf-8")


def _tell(assessment: "Assessment") -> None:
    from medcore.worker.evaluating.tables import (
        class_rows,
        cover_sentences,
        decision_rows,
        heading,
        likeliest_rows,
        title,
    )

    click.echo(title(assessment))
    for sentence in cover_sentences(assessment):
        click.echo(sentence)
    if assessment.evaluation.decision is not None:
        click.echo(heading(assessment.evaluation.decision))
    for row in decision_rows(assessment.evaluation) + likeliest_rows(assessment.evaluation):
        click.echo(f"  {row['']:<42}{row['All films']}")
    click.echo(f"In brackets: {assessment.evaluation.interval}.")
    for line in as_lines(class_rows(assessment.evaluation)):
        click.echo(line)


def as_lines(rows: "Sequence[Row]") -> list[str]:
    """Lay out rows of the same columns for a terminal."""
    cells = [list(rows[0]), *(list(row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]

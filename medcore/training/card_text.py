"""Write CARD.md from a model folder's JSON files: the same files make the same text.

The order is that of the Model Facts label. Source: Sendak et al., Presenting machine learning model information to
clinical end users with model facts labels, npj Digital Medicine 2020.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from medcore.classifier.card import CARD_FILE, ModelCard, read_model_card
from medcore.classifier.certainty import Certainty
from medcore.classifier.model_folder import CERTAINTY_FILE, MODEL_FILE, read_certainty
from medcore.classifier.report import REPORT_FILE, Report, read_report
from medcore.library.standing import sentence_case
from medcore.training.card_advice import uses, warnings
from medcore.training.card_figures import Section, measured
from medcore.training.card_rows import seeds, trials
from medcore.training.card_tables import as_number, as_percent, count, number, table

CARD_TEXT_FILE = "CARD.md"
DISCLAIMER = "**Not a medical device. For research and demonstration.**"
DEVELOPER = "MedCore"


def write_card(folder: Path) -> Path:
    """Write a model folder's CARD.md from its JSON files.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ModelError
        If one of the JSON files is missing or not what it should be.
    """
    file = folder / CARD_TEXT_FILE
    text = card_text(read_model_card(folder), read_report(folder), read_certainty(folder))
    file.write_text(text, encoding="utf-8", newline="\n")
    return file


def card_text(card: ModelCard, report: Report, certainty: Certainty) -> str:
    """Return the card as Markdown."""
    parts = [
        f"# Model facts: {card.name}",
        f"Written by `medcore card` from {CARD_FILE}, {REPORT_FILE} and {CERTAINTY_FILE}; change those, not this.",
        _two_columns(_heading(card)),
        DISCLAIMER,
        *_section("Summary", _summary(card, report)),
        *_section("Mechanism", _two_columns(_mechanism(card)), ("Data", _data(card))),
        *_section("Validation and performance", "", *measured(card, report, certainty)),
        *_section("Uses and directions", _list(uses(card))),
        *_section("Warnings", _list(warnings(card, report))),
        *_section("Other information", "", *_other(card, report)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(heading: str, text: str, *below: Section) -> Iterator[str]:
    yield f"## {heading}"
    yield text
    for name, its_text in below:
        yield f"### {name}"
        yield its_text


def _heading(card: ModelCard) -> dict[str, str]:
    return {
        "Model": card.name,
        "Version": card.version,
        "Made on": card.created,
        "Developer": f"{DEVELOPER} {card.medcore_version}",
        "Films from": card.training_data.source,
        "Model file's SHA-256": f"`{card.sha256}`",
    }


def _summary(card: ModelCard, report: Report) -> str:
    text = (
        f"{card.purpose}. It gives the probability of {card.finding} and a decision; a physician reads the film first."
    )
    for films, figures in report.pneumonia.items():
        binary = figures.binary
        text += (
            f" On {count(figures.films)} {films} films of {count(figures.patients)} patients: "
            f"AUC {as_number(binary.auc)}, sensitivity {as_percent(binary.sensitivity)}, "
            f"specificity {as_percent(binary.specificity)}."
        )
    return text


def _mechanism(card: ModelCard) -> dict[str, str]:
    scope, live, weights = card.scope, card.operating_point, card.starting_weights
    return {
        "Outcome": f"{sentence_case(card.finding)} on the film, as the data's source labels it: "
        f"{' or '.join(card.kinds)}, against {card.classes[0]}",
        "Output": f"Probabilities of {', '.join(card.classes)}; {card.finding} from "
        f"{number(live.threshold)} ({live.name})",
        "Target population": scope.made_for[0].upper() + scope.made_for[1:],
        "Time of prediction": "Once the film is in the library; shown after the reader's own opinion",
        "Input": f"One film: modality {', '.join(scope.modalities)}; view {', '.join(scope.views)}; "
        f"body part {', '.join(scope.body_parts)}",
        "Preprocessing": card.preprocessing,
        "Model type": card.architecture,
        "Started from": f"{weights.name} ({weights.source}, {weights.licence})",
    }


def _data(card: ModelCard) -> str:
    data = card.training_data
    rows = [
        [part, *(f"{count(films[name])} ({count(data.patients[part][name])})" for name in card.classes)]
        for part, films in data.films.items()
    ]
    return (
        f"{data.name}. {data.attribution}. {data.source}. Licence: {data.licence}; the films were reduced in "
        "size, and none is part of MedCore. No patient stands in two parts.\n\n"
        f"{table(['films (patients)', *card.classes], rows)}"
    )


def _other(card: ModelCard, report: Report) -> list[Section]:
    return [
        ("How it was made", f"{_how_made(card)}, with this recipe:\n\n{_two_columns(_flat(card.recipe))}"),
        ("Seeds of the recipe", seeds(report)),
        ("What was tried", trials(report)),
        ("What was seen besides", _list(report.notes) or "Nothing is noted."),
        ("Licences", _two_columns(_licences(card))),
        ("Files and their SHA-256", _files(card)),
    ]


def _how_made(card: ModelCard) -> str:
    return "`medcore train` or the Train page" if card.trained_here else "`medcore train-default DATA`"


def _licences(card: ModelCard) -> dict[str, str]:
    data, weights = card.training_data, card.starting_weights
    return {
        data.name: f"{data.licence}; {data.attribution}; {data.source}",
        weights.name: f"{weights.licence}; {weights.source}; SHA-256 `{weights.sha256}`",
    }


def _files(card: ModelCard) -> str:
    files = {MODEL_FILE: card.sha256, **card.parts}
    return table(["file", "SHA-256"], [[name, f"`{sha256}`"] for name, sha256 in files.items()])


def _flat(entries: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Write nested settings one a line."""
    flat: dict[str, str] = {}
    for name, value in entries.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{above}{name}, ")
        else:
            flat[f"{above}{name}".replace("_", " ")] = value if isinstance(value, str) else json.dumps(value)
    return flat


def _two_columns(entries: Mapping[str, str]) -> str:
    return table(["", ""], entries.items())


def _list(points: list[str] | tuple[str, ...]) -> str:
    return "\n".join(f"- {point}" for point in points)

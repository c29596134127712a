"""What was measured of a model, as sections of its card."""

from collections.abc import Mapping, Sequence

from medcore.classifier.card import ModelCard
from medcore.classifier.certainty import Certainty
from medcore.classifier.report import Report
from medcore.evaluation.confusion import predictive_values
from medcore.evaluation.figures import Figures
from medcore.library.standing import sentence_case
from medcore.training.card_rows import comparison, meetings, robustness, scope, shortcut, subgroups
from medcore.training.card_tables import (
    NOT_MEASURED,
    NOTHING,
    as_number,
    as_percent,
    count,
    number,
    percent,
    percent_between,
    table,
)

Section = tuple[str, str]  # heading and text
PREVALENCES = (0.05, 0.1, 0.2, 0.5)
AT_THRESHOLD = ("accuracy", "balanced_accuracy", "sensitivity", "specificity", "precision", "negative_predictive_value")
WITHOUT_THRESHOLD = ("auc", "average_precision", "f1", "brier_score", "log_loss", "expected_calibration_error")
NAMES = {
    "auc": "area under the ROC curve (AUC)",
    "precision": "positive predictive value, on films mixed as these",
    "negative_predictive_value": "negative predictive value, on films mixed as these",
    "f1": "F1",
    "brier_score": "Brier score",
    "log_loss": "log loss",
    "expected_calibration_error": "expected calibration error",
}


def measured(card: ModelCard, report: Report, certainty: Certainty) -> list[Section]:
    """Write the sections under "Validation and performance"."""
    return [
        (f"{sentence_case(card.finding)} against {card.classes[0]}", binary(report.pneumonia)),
        ("Operating points, on the validation films", operating_points(card)),
        ("What a decision is worth", worth(report.pneumonia, card.finding)),
        (sentence_case(", ".join(card.measured)), labels(report.pneumonia, card.measured)),
        ("Bacterial (positive) against viral, on the films of either", binary(report.bacterial_or_viral)),
        ("What is not ruled out", sets(report, certainty, card)),
        ("Every evaluation on the test films", meetings(report)),
        ("Parts of the validation films", subgroups(report, card.finding)),
        ("Changes of the film", robustness(report)),
        ("Where the answer comes from", shortcut(report)),
        ("What is answered and what is refused", scope(report)),
        ("Beside published results", comparison(report)),
    ]


def binary(by_films: Mapping[str, Figures]) -> str:
    """Write two-class figures, a column for each kind of film."""
    if not by_films:
        return NOT_MEASURED
    every = by_films.values()
    rows = [
        ["films (patients)", *(f"{count(one.films)} ({count(one.patients)})" for one in every)],
        ["positive films", *(f"{count(one.positives)} ({percent(one.positives / one.films)})" for one in every)],
        ["positive from a probability of", *(number(one.threshold) for one in every)],
    ]
    rows += [[_name(name), *(as_percent(getattr(one.binary, name)) for one in every)] for name in AT_THRESHOLD]
    rows += [[_name(name), *(as_number(getattr(one.binary, name)) for one in every)] for name in WITHOUT_THRESHOLD]
    decided = [(one.confusion.true_positives, one.confusion.false_negatives) for one in every]
    rows.append(["positive films called, missed", *(f"{count(hit)}, {count(missed)}" for hit, missed in decided)])
    left = [(one.confusion.true_negatives, one.confusion.false_positives) for one in every]
    rows.append(["negative films left, called", *(f"{count(right)}, {count(wrong)}" for right, wrong in left)])
    return f"{table(['', *by_films], rows)}\n\n{_intervals(by_films)}"


def operating_points(card: ModelCard) -> str:
    """Write every point that a reader could choose, and which one decides."""
    rows = [
        [
            point.name,
            number(point.threshold),
            percent_between(point.sensitivity, point.sensitivity_low, point.sensitivity_high),
            percent_between(point.specificity, point.specificity_low, point.specificity_high),
            percent_between(point.accuracy, point.accuracy_low, point.accuracy_high),
            point.rule,
        ]
        for point in card.operating_points
    ]
    heads = ["point", "positive from", "sensitivity", "specificity", "accuracy", "how it was chosen"]
    return f"{table(heads, rows)}\n\n**{card.live_point}** decides. The bounds in brackets are exact ones of 95 %."


def worth(by_films: Mapping[str, Figures], finding: str) -> str:
    """Write predictive values where the finding is rarer or more common than on the films."""
    if not by_films:
        return NOT_MEASURED
    films, figures = list(by_films.items())[-1]
    sensitivity, specificity = figures.binary.sensitivity.value, figures.binary.specificity.value
    if sensitivity is None or specificity is None:
        return NOT_MEASURED
    rows = [
        [percent(prevalence), *map(percent, predictive_values(sensitivity, specificity, prevalence))]
        for prevalence in (*PREVALENCES, figures.positives / figures.films)
    ]
    heads = [f"share of {finding}", f"right when it says {finding}", "right when it says none"]
    return (
        f"{table(heads, rows)}\n\nBy Bayes' theorem, from the sensitivity and specificity on the {films} films; the "
        "last line is the share among those films."
    )


def labels(by_films: Mapping[str, Figures], classes: Sequence[str]) -> str:
    """Write how well each label is told from the rest, and what was taken for what."""
    parts = []
    for films, figures in by_films.items():
        rows = [
            [name, count(of), as_number(one.auc), as_percent(one.recall), as_percent(one.precision), as_number(one.f1)]
            for name, of, one in zip(classes, figures.class_films, figures.multiclass.classes, strict=True)
        ]
        every = figures.multiclass
        rows.append(
            ["all", count(figures.films), as_number(every.macro_auc), as_percent(every.balanced_accuracy), NOTHING]
            + [as_number(every.macro_f1)]
        )
        heads = [f"{films} films", "films", "AUC against the rest", "found", "right when named", "F1"]
        taken = [[name, *map(count, row)] for name, row in zip(classes, figures.class_confusion, strict=True)]
        parts += [table(heads, rows), f"Named rightly: {as_percent(every.accuracy)} of the films."]
        parts.append(table([f"{films} films: true label", *(f"taken for {name}" for name in classes)], taken))
    return "\n\n".join(parts) or NOT_MEASURED


def sets(report: Report, certainty: Certainty, card: ModelCard) -> str:
    """Write how often the labels that are not ruled out hold the true one."""
    rows = []
    for films, coverage in report.sets.items():
        for name, one in zip(card.classes, coverage.classes, strict=True):
            share = percent_between(one.share, one.share_low, one.share_high)
            rows.append([films, name, count(one.films), share, NOTHING, NOTHING, NOTHING])
        whole = [number(coverage.mean_set_size), percent(coverage.single), percent(coverage.empty)]
        rows.append([films, "all", count(sum(one.films for one in coverage.classes)), NOTHING, *whole])
    heads = ["films", "true label", "number", "true label not ruled out", "labels left, mean", "one left", "none left"]
    scaling = f"a temperature of {number(certainty.temperature)}, then {number(certainty.offset)} is added"
    kinds = f"the logits of its kinds are divided by {number(certainty.kind_temperature)}"
    return (
        f"At least {percent(certainty.level)} of each label's films are to keep their label (conformal prediction "
        f"sets). The logit of {card.finding} is divided by {scaling}; {kinds}; the range beside a probability "
        f"is the Venn-Abers interval.\n\n{table(heads, rows)}"
    )


def _name(figure: str) -> str:
    return NAMES.get(figure, figure.replace("_", " "))


def _intervals(by_films: Mapping[str, Figures]) -> str:
    return "In brackets: " + "; ".join(dict.fromkeys(figures.interval for figures in by_films.values())) + "."

"""An assessment in words and tables, the same on the command line, on the page and in the exported file."""

from collections.abc import Callable
from dataclasses import replace

from medcore.evaluation.evaluation import Evaluation, QuestionFigures
from medcore.evaluation.figures import BinaryFigures, Figure
from medcore.evaluation.wording import NONE, decimal_figure, share, share_figure
from medcore.library import percent
from medcore.worker.evaluating.assessment import Assessment, WorstFilm

Row = dict[str, str]
Write = Callable[[Figure], str]
FIGURES: dict[str, tuple[str, Write]] = {
    "AUC": ("auc", decimal_figure),
    "Average precision": ("average_precision", decimal_figure),
    "Sensitivity (recall)": ("sensitivity", share_figure),
    "Specificity": ("specificity", share_figure),
    "Precision (PPV)": ("precision", share_figure),
    "NPV": ("negative_predictive_value", share_figure),
    "F1": ("f1", decimal_figure),
    "Accuracy": ("accuracy", share_figure),
    "Balanced accuracy": ("balanced_accuracy", share_figure),
    "Brier score": ("brier_score", decimal_figure),
    "Calibration error": ("expected_calibration_error", decimal_figure),
}
OF_GROUPS = ("AUC", "Sensitivity (recall)", "Specificity", "Accuracy", "Calibration error")
MEAN = "Mean of the classes"
SMALL = "small"


def title(assessment: Assessment) -> str:
    """Name an assessment: the data, the model, the moment."""
    part = f", {assessment.split}" if assessment.split else ""
    moment = assessment.created[:16].replace("T", " ")
    return f"{assessment.data}{part} · {assessment.model} · {moment} UTC"


def cover_sentences(assessment: Assessment) -> list[str]:
    """Say which films the figures are of, and what became of the others."""
    cover, found = assessment.cover, assessment.evaluation
    asked = cover.films - cover.known - cover.other_labels
    answered = f"{cover.answered:,} of {asked:,} films ({share(cover.answered / asked)})"
    said = [f"Figures are of the films that the model answered: {answered}, of {found.patients:,} patients."]
    counts = {
        "refused (outside what the model was made for, or not good enough)": cover.refused,
        "without an age": cover.needs_age,
        "failed": cover.failed,
    }
    if lost := [f"{count:,} {name}" for name, count in counts.items() if count]:
        said.append(f"No answer: {', '.join(lost)}.")
    if cover.known:
        said.append(f"Left out: {cover.known:,} films of patients of whom a film went into the making of the model.")
    if cover.other_labels:
        said.append(f"Left out: {cover.other_labels:,} films with a label that the model does not tell.")
    return [*said, *assessment.notes]


def called_how(question: QuestionFigures) -> str:
    """Say when a question is answered with yes."""
    if question.threshold is None:
        return "where likeliest"
    return f"called from {share(question.threshold)}"


def figure_table(evaluation: Evaluation) -> list[Row]:
    """Write every figure with its interval: a row a figure, a column a question, and the mean of the classes."""
    columns: dict[str, BinaryFigures] = {heading(one): one.figures for one in evaluation.all_questions}
    columns[MEAN] = evaluation.macro
    counts = {heading(one): f"{one.positives:,} of {evaluation.films:,}" for one in evaluation.all_questions}
    rows = [{"": "Films with it", **counts, MEAN: NONE}]
    for name, (key, write) in FIGURES.items():
        rows.append({"": name, **{head: write(getattr(figures, key)) for head, figures in columns.items()}})
    return rows


def heading(question: QuestionFigures) -> str:
    """Head a question's column: its name, and when a film is called."""
    name = question.name[:1].upper() + question.name[1:]
    return f"{name} ({called_how(question)})"


def decision_rows(evaluation: Evaluation) -> list[Row]:
    """Write every figure of the decision with its interval, where there is one."""
    if evaluation.decision is None:
        return []
    head = heading(evaluation.decision)
    return [{"": row[""], "All films": row[head]} for row in figure_table(evaluation)]


def class_rows(evaluation: Evaluation) -> list[Row]:
    """Write a row for each class and for their mean, without intervals: short enough for a terminal."""
    columns = ("AUC", "Sensitivity (recall)", "Specificity", "Precision (PPV)", "F1", "Calibration error")
    named = [(one.name, f"{one.positives:,}", one.figures) for one in evaluation.questions]
    rows = []
    for name, films, figures in (*named, (MEAN, NONE, evaluation.macro)):
        cells = {column: _plain(column, figures) for column in columns}
        rows.append({"Class": name, "Films": films, **cells})
    return rows


def _plain(name: str, figures: BinaryFigures) -> str:
    key, write = FIGURES[name]
    return write(replace(getattr(figures, key), low=None, high=None))


def likeliest_rows(evaluation: Evaluation) -> list[Row]:
    """Write how often the likeliest class is right, where a film has one label."""
    if evaluation.likeliest is None:
        return []
    return [
        {"": "Likeliest class is right", "All films": share_figure(evaluation.likeliest.accuracy)},
        {
            "": "Calibration error of the likeliest class",
            "All films": decimal_figure(evaluation.likeliest.expected_calibration_error),
        },
    ]


def group_table(question: QuestionFigures) -> list[Row]:
    """Write how a question is answered for each part of the films; small parts are marked."""
    rows = []
    for part in question.groups:
        mark = f" ({SMALL})" if part.is_small else ""
        figures = {name: FIGURES[name][1](getattr(part.figures, FIGURES[name][0])) for name in OF_GROUPS}
        rows.append(
            {
                "Part": f"{part.kind.capitalize()}: {part.value}{mark}",
                "Films": f"{part.films:,} of {part.patients:,} patients",
                "With it": f"{part.positives:,}",
                **figures,
            }
        )
    return rows


def worst_caption(assessment: Assessment, film: WorstFilm) -> str:
    """Say of an error what the film shows and what the model says."""
    found = assessment.evaluation
    shares = dict(zip(found.classes, film.probabilities, strict=True))
    told = (film.likeliest, film.truth) if found.likeliest else found.classes  # of several findings, each
    said = ", ".join(f"{name} {percent(shares[name])}" for name in told)
    decision = found.decision
    called = ""
    if decision is not None:
        called = f", {'called' if film.called else 'not called'} {decision.name}"
    return f"{film.number}. {film.truth}; the model: {said}{called}."

"""How good the model is: figures with intervals, curves, and the log of what was asked of the test films."""

import streamlit as st

from medcore.charts import confusion_figure, precision_recall_figure, reliability_figure, roc_figure
from medcore.classifier import ModelCard
from medcore.classifier.report import Report
from medcore.evaluation.figures import Figures
from medcore.library import percent
from medcore.library.standing import sentence_case
from pages.about_parts import NONE, against, decimal_figure, share_figure, show_table, title
from pages.words import plain

SHARES = {
    "Sensitivity": "sensitivity",
    "Specificity": "specificity",
    "Accuracy": "accuracy",
    "Balanced accuracy": "balanced_accuracy",
}
DECIMALS = {
    "Area under the ROC curve": "auc",
    "Average precision": "average_precision",
    "F1": "f1",
    "Brier score": "brier_score",
    "Log loss": "log_loss",
    "Expected calibration error": "expected_calibration_error",
}
CHART = {"displayModeBar": False}
ON_VALIDATION = "On validation films alone. What the gate found on test films stands further down."
KINDS = ("validation", "test")


def show_figures(card: ModelCard, report: Report) -> None:
    """Show every figure beside its interval, on validation films and on test films."""
    kinds = [kind for kind in KINDS if kind in report.pneumonia]
    st.markdown(f"#### {against(card)}")
    if not kinds:
        show_table([])
        return
    columns = {kind.capitalize(): figures_of(card, report, kind) for kind in kinds}
    names = dict.fromkeys(name for rows in columns.values() for name in rows)
    show_table([{"": name, **{kind: rows.get(name, NONE) for kind, rows in columns.items()}} for name in names])
    if "test" not in kinds:
        st.text(ON_VALIDATION if card.trained_here else "The test films have not been met.")
    first = report.pneumonia[kinds[0]]
    st.caption(f"In brackets: {first.interval}. {title(card.finding)} is called from {percent(first.threshold)}.")


def figures_of(card: ModelCard, report: Report, kind: str) -> dict[str, str]:
    """Write the figures on one kind of films."""
    found = report.pneumonia[kind]
    shares = SHARES | {
        f"{title(card.finding)} where called (precision, PPV)": "precision",
        "None where not called (NPV)": "negative_predictive_value",
    }
    labelled = f"{found.positives:,} labelled {plain(card.finding)}"
    rows = {"Films": f"{found.films:,} of {found.patients:,} patients, {labelled}"}
    rows |= {name: decimal_figure(getattr(found.binary, key)) for name, key in DECIMALS.items()}
    rows |= {name: share_figure(getattr(found.binary, key)) for name, key in shares.items()}
    return rows


def show_charts(card: ModelCard, report: Report) -> None:
    """Draw the curves with the operating points, the reliability and the confusions."""
    found = {kind.capitalize(): report.pneumonia[kind] for kind in KINDS if kind in report.pneumonia}
    if not found:
        return
    left, right = st.columns(2)
    points, live = card.operating_points, card.live_point
    with left:
        curve = roc_figure({kind: one.roc for kind, one in found.items()}, points, live)
        draw("ROC curve", curve, "about_roc")
    with right:
        curve = precision_recall_figure({kind: one.precision_recall for kind, one in found.items()}, points, live)
        draw("Precision and recall", curve, "about_precision_recall")
    left, right = st.columns(2)
    with left:
        reliability = {kind: one.reliability for kind, one in found.items()}
        draw("Does a probability come true?", reliability_figure(reliability, card.finding), "about_reliability")
    with right:
        kind, newest = list(found.items())[-1]
        counts = confusion_figure(newest.class_confusion, [sentence_case(name) for name in card.measured])
        draw(f"Likeliest label, {kind.lower()} films", counts, "about_confusion")
    for kind, one in found.items():
        st.text(f"{kind} films, at the live operating point: {decisions(one, card.finding)}.")


def draw(title: str, figure: object, key: str) -> None:
    """Draw one chart under its name."""
    st.markdown(f"**{title}**")
    st.plotly_chart(figure, key=key, config=CHART, alt=title)


def decisions(figures: Figures, finding: str) -> str:
    """Count right and wrong decisions in words."""
    counts = figures.confusion
    return (
        f"of {counts.positives:,} labelled {finding} {counts.true_positives:,} called, "
        f"{counts.false_negatives:,} missed; "
        f"of {counts.negatives:,} others {counts.true_negatives:,} left alone, {counts.false_positives:,} called"
    )

"""How good the model is: figures with intervals, curves, and the log of what was asked of the test films."""

import streamlit as st

from medcore.charts import confusion_figure, precision_recall_figure, reliability_figure, roc_figure
from medcore.classifier import ModelCard
from medcore.classifier.report import Report
from medcore.evaluation.figures import Figures
from medcore.library import percent
from pages.about_parts import NONE, decimal_figure, share_figure, show_table

SHARES = {
    "Sensitivity": "sensitivity",
    "Specificity": "specificity",
    "Accuracy": "accuracy",
    "Balanced accuracy": "balanced_accuracy",
    "Pneumonia where called (precision, PPV)": "precision",
    "None where not called (NPV)": "negative_predictive_value",
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
KINDS = ("validation", "test")


def show_figures(report: Report) -> None:
    """Show every figure beside its interval, on validation films and on test films."""
    kinds = [kind for kind in KINDS if kind in report.pneumonia]
    st.markdown("#### Pneumonia against normal")
    if not kinds:
        show_table([])
        return
    columns = {kind.capitalize(): figures_of(report, kind) for kind in kinds}
    names = dict.fromkeys(name for rows in columns.values() for name in rows)
    show_table([{"": name, **{kind: rows.get(name, NONE) for kind, rows in columns.items()}} for name in names])
    if "test" not in kinds:
        st.text("The test films have not been met.")
    first = report.pneumonia[kinds[0]]
    st.caption(f"In brackets: {first.interval}. Pneumonia is called from {percent(first.threshold)}.")


def figures_of(report: Report, kind: str) -> dict[str, str]:
    """Write the figures on one kind of films."""
    found = report.pneumonia[kind]
    rows = {"Films": f"{found.films:,} of {found.patients:,} patients, {found.positives:,} with pneumonia"}
    rows |= {name: decimal_figure(getattr(found.binary, key)) for name, key in DECIMALS.items()}
    rows |= {name: share_figure(getattr(found.binary, key)) for name, key in SHARES.items()}
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
        draw("Does a probability come true?", reliability_figure(reliability), "about_reliability")
    with right:
        kind, newest = list(found.items())[-1]
        counts = confusion_figure(newest.class_confusion, [name.capitalize() for name in card.classes])
        draw(f"Likeliest label, {kind.lower()} films", counts, "about_confusion")
    for kind, one in found.items():
        st.text(f"{kind} films, at the live operating point: {decisions(one)}.")


def draw(title: str, figure: object, key: str) -> None:
    """Draw one chart under its name."""
    st.markdown(f"**{title}**")
    st.plotly_chart(figure, key=key, config=CHART, alt=title)


def decisions(figures: Figures) -> str:
    """Count right and wrong decisions in words."""
    counts = figures.confusion
    return (
        f"of {counts.positives:,} with pneumonia {counts.true_positives:,} called, {counts.false_negatives:,} missed; "
        f"of {counts.negatives:,} without {counts.true_negatives:,} left alone, {counts.false_positives:,} called"
    )

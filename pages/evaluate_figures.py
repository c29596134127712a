"""An evaluation's figures: what they are of, and tables with intervals."""

from collections.abc import Sequence

import streamlit as st

from medcore.charts import confusion_figure
from medcore.evaluation.evaluating import SMALL_GROUP
from medcore.evaluation.evaluation import Evaluation, QuestionFigures
from medcore.library.standing import sentence_case
from medcore.worker.evaluating.assessment import Assessment
from medcore.worker.evaluating.tables import (
    MEAN,
    Row,
    cover_sentences,
    figure_table,
    group_table,
    likeliest_rows,
)
from pages.words import plain

CHART = {"displayModeBar": False}


def show_cover(assessment: Assessment) -> None:
    """Say which films the figures are of, and what became of the others."""
    st.text(" ".join(cover_sentences(assessment)))


def show_reasons(assessment: Assessment) -> None:
    """Say why films were not answered."""
    if assessment.cover.reasons:
        st.subheader("Why films were not answered", anchor=False)
        show_rows([{"Why": one.said, "Films": f"{one.films:,}"} for one in assessment.cover.reasons], "Reasons")


def show_figures(evaluation: Evaluation) -> None:
    """Show every figure with its interval, by class and on average."""
    show_rows(figure_table(evaluation), "Figures with intervals")
    st.caption(f"In brackets: {evaluation.interval}. {MEAN}: each class against the rest, without weights.")


def show_confusion(evaluation: Evaluation) -> None:
    """Show which classes are taken for which, where a film has one label."""
    if evaluation.likeliest is None:
        return
    left, right = st.columns(2)
    with left:
        st.markdown("**Likeliest class**")
        labels = [sentence_case(name) for name in evaluation.classes]
        figure = confusion_figure(evaluation.likeliest.confusion, labels)
        st.plotly_chart(figure, key="evaluate_confusion", config=CHART, alt="Films by label and by likeliest class")
    with right:
        show_rows(likeliest_rows(evaluation), "The likeliest class")


def show_groups(question: QuestionFigures) -> None:
    """Show how the question is answered for parts of the films, small ones marked."""
    st.subheader("Parts of the films", anchor=False)
    rows = group_table(question)
    if not rows:
        st.text("The films do not differ in sex, age, view, scanner or source, or it is not known.")
        return
    show_rows(rows, "Figures by part of the films")
    patients = f"patients with {plain(question.name)}, or without"
    st.caption(f"Small: fewer than {SMALL_GROUP} {patients}. Hardly to be relied on.")


def show_rows(rows: Sequence[Row], name: str) -> None:
    """Show rows of the same columns as plain text: parts are named by what files say."""
    columns = {head: [row[head] for row in rows] for head in rows[0]}
    st.dataframe(columns, hide_index=True, height="content", alt=name)

"""How good the model is on labelled films of this library: figures, curves tied to one threshold, its worst errors."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.worker.evaluating.assessment import Assessment
from medcore.worker.evaluating.tables import heading, title
from pages.evaluate_charts import show_charts
from pages.evaluate_errors import show_errors
from pages.evaluate_figures import show_confusion, show_cover, show_figures, show_groups, show_reasons
from pages.evaluate_kept import CHOSEN, kept_evaluations, read_evaluation, show_export
from pages.evaluate_new import new_evaluation, show_running, take_finished
from pages.words import plain


def choose() -> str:
    """Draw the choice of evaluations and the button for another one; empty where there is none yet."""
    names = kept_evaluations().names()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if names:
            if st.session_state.get(CHOSEN) not in names:
                st.session_state[CHOSEN] = names[0]
            st.selectbox("Evaluation", names, format_func=named, key=CHOSEN)
        if st.button("New evaluation", icon=":material/add:", type="primary", key="evaluate_new"):
            new_evaluation()
        if names:
            show_export(st.session_state[CHOSEN])
    return st.session_state[CHOSEN] if names else ""


def named(name: str) -> str:
    """Name an evaluation; one that cannot be read keeps its file's name."""
    try:
        return title(read_evaluation(name))
    except MedcoreError:
        return name


def show(name: str, assessment: Assessment) -> None:
    """Show an evaluation: what it is of, its figures, the charts of one question, and the errors."""
    found = assessment.evaluation
    show_cover(assessment)
    questions = {heading(one): one for one in found.all_questions}
    chosen = st.segmented_control(
        "Question",
        questions,
        default=next(iter(questions)),
        format_func=plain,
        required=True,
        label_visibility="collapsed",
    )
    question = questions[chosen or next(iter(questions))]
    show_charts(name, question)
    st.subheader("Figures", anchor=False)
    show_figures(found)
    show_confusion(found)
    show_groups(question)
    show_reasons(assessment)
    show_errors(name, assessment)


take_finished()
chosen = choose()
show_running()
if not chosen:
    st.subheader("No evaluation yet")
    st.text(
        "Press New evaluation and choose a label set: the model is then measured on its labelled images. A finding "
        "that is saved in Review is a label too."
    )
else:
    try:
        show(chosen, read_evaluation(chosen))
    except MedcoreError as error:
        st.error(str(error), icon=":material/error:")

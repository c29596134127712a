"""Step two of a reading: what the model says, or why it does not answer."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import Instance, Reading, StoredPrediction, Study
from pages.installation import open_library
from pages.review_answer import GoTo, show_answer
from pages.words import counted

WAIT_S = 2
MODEL_HEIGHT = 150  # pixels kept free from the start, so that nothing moves when the answer arrives


def show_model(study: Study, shown: Instance, reading: Reading | None, go_to: GoTo) -> StoredPrediction | None:
    """Show the model's answer in the place that was reserved for it, and return it once it may be seen."""
    st.subheader("2  Model")
    with st.container(height=MODEL_HEIGHT, border=False, gap="xxsmall", key="review_model"):
        prediction = answer_for(study, reading)
        if prediction is None:
            open_library().hurry(study.id)
            wait_for_answer(study.id)
        elif prediction.state == "needs age":
            ask_age(study, prediction)
        elif prediction.state != "answered":
            st.text("The model does not answer for this study.")
            st.text(prediction.reason)
        elif reading is None:
            st.text("Shown after your reading.")
        else:
            show_answer(study, shown, prediction, go_to)
            return prediction
    return None


def answer_for(study: Study, reading: Reading | None) -> StoredPrediction | None:
    """Return what the reader was shown, or before that what there is to show."""
    shown = open_library().prediction(reading.prediction_id) if reading and reading.prediction_id else None
    return shown or open_library().study_answer(study.id)


@st.fragment(run_every=f"{WAIT_S}s")
def wait_for_answer(study_id: int) -> None:
    """Say that the model is still looking, and fill the place when it has looked."""
    if open_library().study_answer(study_id) is not None:
        st.rerun()
    looking = open_library().looking(study_id)
    st.text(looking.failure or "The model has not looked at the whole study yet. Its answer appears here.")
    st.text(f"{looking.done} of {counted(looking.total, 'image')} done.")


def ask_age(study: Study, prediction: StoredPrediction) -> None:
    """Ask for the age that the file does not give."""
    st.text(prediction.reason)
    reader = st.session_state.get("reader_name", "").strip()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        age = st.number_input("Age in years", 0.0, 120.0, value=None, step=1.0, key=f"review_age_{study.id}")
        if st.button("State the age", disabled=age is None or not reader, key="review_state_age"):
            try:
                open_library().state_age(study.id, age, who=reader)
            except MedcoreError as error:
                st.error(str(error), icon=":material/error:")
                return
            st.rerun()
    if not reader:
        st.caption("Type your name above first.")

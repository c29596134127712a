"""Ask the model that gave an answer again: whoever doubts a number can see that it comes out the same."""

import streamlit as st

from medcore.library import Job, StoredPrediction, percent
from pages.installation import open_library

WAITING = ("queued", "running")


def show_replay(prediction: StoredPrediction) -> None:
    """Offer to ask again, and show what came out."""
    library = open_library()
    job = library.replayed(prediction.id)
    if job is not None and job.state in WAITING:
        wait_for_replay(prediction.id)
        return
    if job is not None:
        st.text(job.error or outcome(job))
    st.button(
        "Ask the same model again", type="tertiary", key=f"review_replay_{prediction.id}",
        on_click=library.ask_again, args=(prediction.id,),
    )  # fmt: skip


def outcome(job: Job) -> str:
    """Say what came out."""
    share = job.result["probability"]
    if share is None:
        return "Asked again, the same model gives no answer. Tell whoever looks after MedCore."
    same = "the same number" if job.result["same"] else "not the same number. Tell whoever looks after MedCore"
    return f"Asked again, the same model says {percent(share)}: {same}."


@st.fragment(run_every="1s")
def wait_for_replay(prediction_id: int) -> None:
    """Look every second whether the model has answered."""
    job = open_library().replayed(prediction_id)
    if job is None or job.state not in WAITING:
        st.rerun()
    st.text("The model is asked again.")

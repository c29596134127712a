"""Ask the gate again: another model may be live since a candidate was compared."""

import streamlit as st

from medcore.library import ModelVersion
from medcore.library.jobs import COMPARE, WAITING
from pages.installation import open_library


def offer_comparison(model: ModelVersion) -> None:
    """Offer to ask the gate about a model beside the one that is live now, and say how that stands."""
    jobs = open_library().jobs
    asked = [job for job in jobs.of_kind(COMPARE) if job.payload.get("model") == model.id]
    newest = max(asked, key=lambda job: job.id, default=None)
    if newest is not None and newest.state in WAITING:
        wait_for(newest.id)
        return
    if newest is not None and newest.error:
        st.text(newest.error)
    st.button(
        "Compare with the live model", icon=":material/balance:", key=f"model_compare_{model.id}",
        on_click=jobs.enqueue, args=(COMPARE, {"model": model.id}),
    )  # fmt: skip


@st.fragment(run_every="2s")
def wait_for(job_id: int) -> None:
    """Look every two seconds whether a comparison has ended."""
    job = open_library().jobs.get(job_id)
    if job is None or job.state not in WAITING:
        st.rerun()
    st.text("The gate compares the two models.")

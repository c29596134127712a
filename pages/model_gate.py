"""What the gate says of a candidate, side by side with the live model, and a person's decision about it."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import Comparison, ModelVersion
from medcore.library.jobs import COMPARE, WAITING
from medcore.pictures import as_address
from medcore.training.progress import TrainingState
from medcore.worker.promoting import promote, roll_back
from pages.about_parts import show_table
from pages.installation import open_library
from pages.words import plain

MOST_SHOWN = 12  # films that change sides


def show_gate(state: TrainingState) -> None:
    """Show what the gate says of the candidate that a training ended with."""
    library, job = open_library(), state.job
    number = job.result.get("model") if job is not None else None
    model = next((one for one in library.models.all() if one.id == number), None)
    if model is None:
        return
    st.subheader("4  Gate", anchor=False)
    st.text(f"Candidate {model.name}")
    show_comparison(model, str(job.result.get("not compared", "")) if job is not None else "")
    decide(model)


def show_comparison(model: ModelVersion, not_compared: str = "") -> None:
    """Show what the gate said last of a model."""
    library = open_library()
    live = library.models.live()
    if live is None or live.id == model.id or model.run_id is None:
        return
    said = [one for one in library.models.comparisons(model.id) if one.live_id == live.id]
    if not said:
        if not_compared:
            st.warning(f"Not compared with the live model. {plain(not_compared)}", icon=":material/balance:")
        offer_comparison(model)
        return
    newest = said[-1]
    verdict = newest.verdict
    if newest.passes:
        st.success("The gate lets this model through.", icon=":material/check_circle:")
    else:
        st.warning("The gate turns this model away.", icon=":material/block:")
    show_table(
        [
            {
                "": plain(check["name"]),
                "Passed": "Yes" if check["passed"] else "No",
                "What was found": plain(check["said"]),
            }
            for check in verdict["checks"]
        ]
    )
    st.caption(
        f"{verdict['films']:,} test films of {verdict['patients']:,} patients that neither model was trained on; "
        f"{verdict['left_out']:,} films of patients known to one of them were left out."
    )
    show_changed(newest)


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


def show_changed(comparison: Comparison) -> None:
    """Show the films whose decision changes sides."""
    changed = comparison.verdict["changed"]
    if not changed:
        return
    library = open_library()
    st.text(f"Films whose decision changes sides: {len(changed):,}")
    with st.container(horizontal=True):
        for number in changed[:MOST_SHOWN]:
            study_id = library.study_of(number)
            picture = library.thumbnail(study_id) if study_id is not None else None
            if picture and study_id is not None:
                with st.container(width=120):
                    st.image(as_address(picture), width=110)
                    st.page_link("review.py", label="Open", query_params={"study": str(study_id)})


def decide(model: ModelVersion) -> None:
    """Take a person's decision to make a model live, with a name and a reason."""
    library = open_library()
    live = library.models.live()
    if live is not None and live.id == model.id:
        st.badge("Live", color="green")
        return
    was_live = any(one.model_id == model.id for one in library.models.history())
    beside = [one for one in library.models.comparisons(model.id) if live is not None and one.live_id == live.id]
    passed = bool(beside) and beside[-1].passes
    with st.form(f"model_decide_{model.id}", border=True):
        who = st.text_input("Your name (not verified)", key=f"model_who_{model.id}")
        reason = st.text_input("Reason", key=f"model_reason_{model.id}")
        override = False
        if not passed and not was_live:
            override = st.checkbox("Override the gate: I take responsibility by name", key=f"model_override_{model.id}")
        pressed = st.form_submit_button("Roll back to this model" if was_live else "Make it live", type="primary")
    if not pressed:
        return
    try:
        if was_live:
            roll_back(library, model, who, reason)
        else:
            promote(library, model, who, reason, override=override)
    except MedcoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.rerun()

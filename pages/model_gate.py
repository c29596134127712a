"""What the gate says of a candidate, side by side with the live model."""

import streamlit as st

from medcore.library import Comparison, ModelVersion
from medcore.pictures import as_address
from medcore.training.progress import TrainingState
from pages.about_parts import show_table
from pages.installation import open_library
from pages.model_compare import offer_comparison
from pages.model_decide import decide
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

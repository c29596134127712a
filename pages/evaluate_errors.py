"""The films that the model has most wrong, with where the network looked."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.pictures import as_address
from medcore.worker.evaluating.assessment import Assessment, WorstFilm
from medcore.worker.evaluating.pictures import with_heatmap
from medcore.worker.evaluating.tables import worst_caption
from pages.evaluate_kept import kept_evaluations, read_evaluation
from pages.installation import open_library

ACROSS = 4  # films side by side
FIRST = 8  # films that are shown at once


@st.cache_data(max_entries=256, show_spinner=False)
def picture(name: str, number: int, has_heatmap: bool, study: int | None) -> str | None:
    """Return an error's film as an address that carries it, with its heatmap or without; None where it is gone.

    What is remembered hangs on the study too, so that nothing is shown of one that was deleted.
    """
    assessment = read_evaluation(name)
    png = kept_evaluations().picture(name, number, open_library())
    if png is None:
        return None
    return as_address(with_heatmap(assessment, assessment.worst[number - 1], png) if has_heatmap else png)


def show_errors(name: str, assessment: Assessment) -> None:
    """Show the worst errors, wrong decisions first."""
    st.subheader("Worst errors", anchor=False)
    if not assessment.worst:
        st.text("The model was right on every film.")
        return
    with st.container(horizontal=True):
        has_heatmap = st.toggle("Heatmap", value=True, key="evaluate_heatmap")
        shows_all = st.toggle(f"All {len(assessment.worst)}", key="evaluate_all")
    st.caption(
        "Wrong decisions first, then wrong classes. The heatmap shows where the network saw evidence for the decision."
    )
    shown = assessment.worst if shows_all else assessment.worst[:FIRST]
    for start in range(0, len(shown), ACROSS):
        for column, film in zip(st.columns(ACROSS), shown[start : start + ACROSS], strict=False):
            with column:
                show_error(name, assessment, film, has_heatmap)


def show_error(name: str, assessment: Assessment, film: WorstFilm, has_heatmap: bool) -> None:
    """Show one film, what it shows, what the model says, and the way to it in Review."""
    caption = worst_caption(assessment, film)
    study = kept_evaluations().study_of(name, film.number, open_library())
    try:
        shown = picture(name, film.number, has_heatmap, study)
    except MedcoreError as error:
        shown = None
        st.text(str(error))
    if shown:
        st.image(shown, width="stretch", alt=caption)
    else:
        st.text("The film is not in the library any more.")
    st.text(caption)
    if study is not None:
        st.page_link("review.py", label="Open in Review", query_params={"study": str(study)})

"""The viewer: Cornerstone3D in the browser. What it shows is named here; the pixels travel beside the page."""

import streamlit as st

from medcore.library import Instance, StoredPrediction, Study
from pages.viewer_data import middle_of, viewer_data

# Streamlit carries these lines to the browser; the bundle itself is fetched once and kept there.
LOADER = """
export default async function (component) {
  const { mount } = await import(new URL("/viewer/viewer.js", window.location.origin).href);
  return mount(component);
}
"""

viewer = st.components.v2.component("medcore_viewer", js=LOADER)


def show_viewer(study: Study, prediction: StoredPrediction | None) -> None:
    """Show a study's series, its priors and the heatmap that may be laid over a film."""
    viewer(
        key=f"review_viewer_{study.id}",
        data={
            **viewer_data(study, prediction),
            "show": st.session_state.get(show_key(study)),
            "reader": st.session_state.get("reader_name", "").strip(),
        },
        on_shown_change=lambda: None,
    )


def shown_instance(study: Study) -> Instance:
    """Return the image that the reader looked at last; the viewer says so when the mouse or the focus leaves it."""
    state = st.session_state.get(f"review_viewer_{study.id}")
    uid = state.get("shown") if state else None
    by_uid = {instance.attributes.sop_instance_uid: instance for instance in study.instances}
    return by_uid.get(uid) or middle_of(study.series[0])


def ask_for(study: Study, instance_id: int) -> None:
    """Have the viewer show an image; the count tells a new wish from one that was granted already."""
    count = (st.session_state.get(show_key(study)) or {"count": 0})["count"] + 1
    for series in study.series:
        for instance in series.instances:
            if instance.id == instance_id:
                wish = {"series": series.id, "instance": instance.attributes.sop_instance_uid, "count": count}
                st.session_state[show_key(study)] = wish


def show_key(study: Study) -> str:
    """Name what the viewer of a study was asked to show."""
    return f"review_show_{study.id}"

"""The heatmap over the plain image: which finding, how strong, in which scale."""

import streamlit as st

from medcore.explanation import NO_EVIDENCE, display_grid, has_evidence, heatmap
from medcore.library import Instance, StoredPrediction
from medcore.pictures import as_address, encode_png
from pages.words import target_names


def choose_heatmap(film: Instance, prediction: StoredPrediction) -> list[tuple[str, float]]:
    """Draw the controls, and return the layer to lay over the film; none where the network saw nothing."""
    names = target_names(prediction)
    target = st.selectbox("Heatmap", names, format_func=names.get, key="review_target", width=120)
    opacity = st.slider("Opacity (%)", 0, 100, 45, 5, key="review_opacity", width=140)
    raw_map = prediction.maps[target]
    if not has_evidence(raw_map):
        st.caption(NO_EVIDENCE)
        return []
    scale = prediction.map_scale or 1.0  # every answer carries its own
    rows, columns = raw_map.shape
    st.caption(
        f"Colours from 0 to {scale:.2g}, for all films the same; here at most {raw_map.max():.2g}. "
        f"{rows} x {columns} cells: a region, not an outline."
    )
    return [(heatmap_address(prediction.id, target, film.grid, scale, raw_map), opacity / 100)]


@st.cache_data(max_entries=16, show_spinner=False)
def heatmap_address(prediction_id: int, target: str, grid: tuple[int, int], scale: float, _raw_map: object) -> str:
    """Colour a map once; what is remembered hangs on the prediction's number."""
    return as_address(encode_png(heatmap(_raw_map, *display_grid(*grid), scale)))

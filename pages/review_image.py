"""The plain image, for an installation whose viewer is not built, with its window and slice controls."""

import streamlit as st

from medcore.dicom import Frame, Window, read_frame, render, windows_for
from medcore.errors import MedcoreError
from medcore.library import StoredPrediction
from medcore.pictures import as_address, encode_png, film_figure
from medcore.server.viewer_files import BUILD_COMMAND
from pages.review_heatmap import choose_heatmap
from pages.review_series import ChosenImage, slice_key

# What neither theme nor layout can say: the image takes what height the window leaves.
PLATE_STYLE = """<style>
.st-key-review_plate, :has(> .st-key-review_plate) { flex: none; }
.st-key-review_plate { height: calc(100dvh - 20rem); min-height: 23rem; }
</style>"""
FROM_FILE, OWN = "file", "own"  # beside the presets, which go by their numbers
CHART = {"scrollZoom": True, "displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]}


@st.cache_data(max_entries=16, show_spinner=False)
def picture(sha256: str, frame_number: int, window: Window | None, _frame: Frame) -> str:
    """Render a frame once for a window; what is remembered hangs on the file's hash, not on the pixels."""
    return as_address(encode_png(render(_frame, window)))


def choose_window(frame: Frame, chosen: ChosenImage) -> Window | None:
    """Draw the window controls; None is what the file itself asks for."""
    if frame.is_color:
        return None
    presets = windows_for(frame)
    labels = {FROM_FILE: "From the file", OWN: "Own"}
    labels |= {n: f"File: {one.name}" if one in frame.windows else one.name for n, one in enumerate(presets)}
    key = f"review_window_{chosen.series.id}"
    choice = st.selectbox("Window", [FROM_FILE, *range(len(presets)), OWN], format_func=labels.get, key=key, width=170)
    if choice == FROM_FILE:
        return None
    if choice != OWN:
        return presets[choice]
    center = st.number_input("Center", value=float(presets[0].center), key=f"{key}_center", width=130)
    width = st.number_input("Width", value=max(1.0, presets[0].width), min_value=1.0, key=f"{key}_width", width=130)
    return Window(center, width, "Own")


def describe(chosen: ChosenImage, frame: Frame, window: Window | None) -> str:
    """Say under the image what is seen: its place, its window, its grid and what a pixel measures."""
    attributes = chosen.instance.attributes
    spacing = attributes.pixel_spacing_mm
    applied = window or (None if frame.voi_lut else next(iter(frame.windows), None))
    parts = [
        f"Image {chosen.position} of {chosen.total}",
        f"window {applied.center:g} / {applied.width:g}" if applied else "window of the file" if frame.voi_lut else "",
        f"{attributes.columns} x {attributes.rows} pixels",
        f"{spacing[0]:.3g} x {spacing[1]:.3g} mm ({attributes.spacing_source})" if spacing else "size in mm unknown",
    ]
    return "  ·  ".join(filter(None, parts))


def show_image(chosen: ChosenImage, prediction: StoredPrediction | None) -> None:
    """Show the frame as large as the window allows, with its controls below."""
    st.html(PLATE_STYLE)
    plate = st.container(key="review_plate")
    controls = st.container(horizontal=True, vertical_alignment="bottom")
    if chosen.total > 1:
        controls.slider("Image", 1, chosen.total, key=slice_key(chosen.series))
    attributes = chosen.instance.attributes
    try:
        frame = read_frame(chosen.instance.path, chosen.frame)
        with controls:
            window = choose_window(frame, chosen)
        layers = [(picture(chosen.instance.sha256, chosen.frame, window, frame), 1.0)]
    except MedcoreError as error:
        plate.error(str(error), icon=":material/broken_image:")
        return
    if prediction is not None and prediction.instance_id == chosen.instance.id:
        with controls:
            layers += choose_heatmap(chosen.instance, prediction)
    plate.plotly_chart(
        film_figure(layers, attributes.rows, attributes.columns, attributes.pixel_aspect),
        theme=None,
        height="stretch",
        key="review_figure",
        config=CHART,
        alt=f"Image {chosen.position} of {chosen.total} of series {chosen.series.number or 1}",
    )
    st.caption(describe(chosen, frame, window))
    st.caption(f"The viewer is not built, so this is the plain image. It is built with: {BUILD_COMMAND}")

"""The image, as large as the window allows, with its window and slice controls."""

from dataclasses import dataclass

import streamlit as st

from medcore.dicom import Frame, Window, read_frame, render, windows_for
from medcore.errors import MedcoreError
from medcore.pictures import as_address, encode_png, film_figure
from pages.review_series import ChosenImage, slice_key

# The one thing that neither theme nor layout can say: the image takes what height the window leaves.
PLATE_STYLE = """<style>
.st-key-review_plate, :has(> .st-key-review_plate) { flex: none; }
.st-key-review_plate { height: calc(100dvh - 17.5rem); min-height: 23rem; }
</style>"""
CHART = {"scrollZoom": True, "displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]}


@dataclass(frozen=True)
class Overlay:
    """A heatmap to lay over one instance."""

    instance_id: int
    address: str
    opacity: float


@st.cache_data(max_entries=64, show_spinner=False)
def picture(sha256: str, frame_number: int, window: Window | None, _frame: Frame) -> str:
    """Render a frame once for a window; what is remembered hangs on the file's hash, not on the pixels."""
    return as_address(encode_png(render(_frame, window)))


def choose_window(frame: Frame, chosen: ChosenImage) -> Window | None:
    """Draw the window controls; None is what the file itself asks for."""
    if frame.is_color:
        return None
    presets = windows_for(frame)
    key = f"review_window_{chosen.series.id}"
    name = st.selectbox("Window", ["From the file", *dict.fromkeys(one.name for one in presets)], key=key, width=170)
    preset = next((one for one in presets if one.name == name), presets[0])
    center = st.number_input("Center", value=float(preset.center), key=f"{key}_{name}_center", width=130)
    smallest = 1.0 if preset.function == "LINEAR" else 1e-6
    width = st.number_input(
        "Width", value=float(preset.width), min_value=smallest, key=f"{key}_{name}_width", width=130
    )
    if (center, width) != (preset.center, preset.width):
        return Window(center, width, "Own", preset.function)
    return None if name == "From the file" else preset


def show_image(chosen: ChosenImage, overlay: Overlay | None) -> None:
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
    if overlay is not None and overlay.instance_id == chosen.instance.id:
        layers.append((overlay.address, overlay.opacity))
    plate.plotly_chart(
        film_figure(layers, attributes.rows, attributes.columns, attributes.pixel_aspect),
        theme=None,
        height="stretch",
        key="review_figure",
        config=CHART,
        alt=f"Image {chosen.position} of {chosen.total} of series {chosen.series.number or 1}",
    )
    spacing = attributes.pixel_spacing_mm
    st.caption(
        f"Image {chosen.position} of {chosen.total}  ·  {attributes.columns} x {attributes.rows} pixels  ·  "
        + (f"{spacing[0]:.3g} x {spacing[1]:.3g} mm ({attributes.spacing_source})" if spacing else "size in mm unknown")
    )

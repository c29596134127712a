"""One film, large and by itself: no neighbours, no name, nothing of what anybody said of it."""

import streamlit as st

from medcore.dicom import Frame, Window, read_frame, windows_for
from medcore.errors import MedcoreError
from medcore.library import Instance
from medcore.library.ages import age_text
from medcore.pictures import film_figure
from pages.review_image import CHART, FROM_FILE, picture
from pages.words import plain

# What neither theme nor layout can say: the image takes what height the window leaves.
PLATE_STYLE = """<style>
.st-key-label_plate, :has(> .st-key-label_plate) { flex: none; }
.st-key-label_plate { height: calc(100dvh - 17rem); min-height: 23rem; }
</style>"""


def show_film(instance: Instance) -> None:
    """Show a film with its window below; the mouse zooms and moves it."""
    st.html(PLATE_STYLE)
    plate = st.container(key="label_plate")
    attributes = instance.attributes
    try:
        frame = read_frame(instance.path)
        with st.container(horizontal=True, vertical_alignment="center"):
            window = choose_window(frame, f"label_window_{instance.id}")
            st.text(facts(instance))
        address = picture(instance.sha256, 0, window, frame)
    except MedcoreError as error:
        plate.error(str(error), icon=":material/broken_image:")
        return
    plate.plotly_chart(
        film_figure([(address, 1.0)], attributes.rows, attributes.columns, attributes.pixel_aspect),
        theme=None,
        height="stretch",
        key="label_figure",
        config=CHART,
        alt="The film to label",
    )


def choose_window(frame: Frame, key: str) -> Window | None:
    """Draw the windows as buttons, which leave the keys to the film; None is what the file itself asks for."""
    presets = windows_for(frame)
    labels = {FROM_FILE: "From the file", **{number: plain(one.name) for number, one in enumerate(presets)}}
    if not presets:
        return None
    choice = st.segmented_control(
        "Window", labels, default=FROM_FILE, required=True, format_func=labels.get, key=key,
        label_visibility="collapsed",
    )  # fmt: skip
    return None if choice == FROM_FILE else presets[choice]


def facts(instance: Instance) -> str:
    """Say of a film what a reader may know: age, sex, and how it was taken."""
    attributes = instance.attributes
    known = (
        age_text(attributes.patient_age_years) or "age not given",
        attributes.patient_sex,
        attributes.modality,
        attributes.body_part_examined.capitalize(),
        attributes.view_position,
    )
    return "  ·  ".join(filter(None, known))

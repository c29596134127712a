"""One film, large and by itself: no neighbours, no name, nothing of what anybody said of it."""

import streamlit as st

from medcore.dicom import read_frame
from medcore.errors import MedcoreError
from medcore.library import Instance
from medcore.library.ages import age_text
from medcore.pictures import film_figure
from pages.review_image import CHART, choose_window, picture

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
        key=f"label_figure_{instance.id}",
        config=CHART,
        alt="The film to label",
    )


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

"""The series of a study, and which image of them is shown."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from medcore.dicom import read_frame, thumbnail
from medcore.errors import MedcoreError
from medcore.library import Instance, Series, Study
from medcore.pictures import encode_png


@dataclass(frozen=True)
class ChosenImage:
    """One frame of one instance of one series."""

    series: Series
    instance: Instance
    frame: int
    position: int  # counted from 1 through all frames of the series
    total: int


def choose_image(study: Study) -> ChosenImage:
    """Draw the series with their thumbnails, and return the frame to show."""
    index = st.session_state.get(f"review_series_{study.id}", 0)
    for number, series in enumerate(study.series):
        show_thumbnail(series, number)
        st.button(
            f"Series {number + 1}",
            type="primary" if number == index else "secondary",
            width="stretch",
            key=f"review_series_{study.id}_{number}",
            on_click=st.session_state.__setitem__,
            args=(f"review_series_{study.id}", number),
        )
        st.text(f"{series.modality} {series.description}".strip())
    series = study.series[index]
    position = min(st.session_state.get(slice_key(series), 1), series.frames)
    instance, frame = series.frame_at(position)
    return ChosenImage(series, instance, frame, position, series.frames)


def go_to(study: Study, instance_id: int) -> None:
    """Show the first frame of one image of the study from now on."""
    for number, series in enumerate(study.series):
        if position := series.position_of(instance_id):
            st.session_state[f"review_series_{study.id}"] = number
            st.session_state[slice_key(series)] = position


def show_thumbnail(series: Series, number: int) -> None:
    """Show the middle image of a series, or say that it cannot be shown."""
    middle = series.instances[len(series.instances) // 2]
    try:
        st.image(small_picture(middle.sha256, middle.path), width="stretch", alt=f"Series {number + 1}")
    except MedcoreError:
        st.caption("No picture")


@st.cache_data(max_entries=512, show_spinner=False)
def small_picture(sha256: str, _path: Path) -> bytes:
    """Render a thumbnail once; what is remembered hangs on the file's hash."""
    return encode_png(thumbnail(read_frame(_path)))


def slice_key(series: Series) -> str:
    """Name the slice control of a series, so that each series keeps its place."""
    return f"review_slice_{series.id}"

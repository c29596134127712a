"""A page with one of everything that MedCore's pages are made of, and one way to fail."""

import io
import os

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

NAME = "Doe^Jane"  # stands for what must never reach the screen's error or the log


def film() -> bytes:
    """Draw a grey square as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((64, 64), 128, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@st.dialog("A dialog")
def show_dialog() -> None:
    """Show a dialog."""
    st.text("Inside the dialog")


@st.fragment(run_every="1s")
def tick() -> None:
    """Change by itself, as the worklist's progress does."""
    st.caption("tick")


st.set_page_config(page_title="Every widget", layout="wide")
st.title("Every widget")
st.text(f"Served by process {os.getpid()}")
st.dataframe({"Name": ["one", "two"], "Number": [1, 2]}, on_select="rerun", selection_mode="single-row", key="table")
st.image(film(), alt="A film")
st.plotly_chart(go.Figure(go.Heatmap(z=np.eye(7))), key="chart", alt="A heatmap")
uploads = st.file_uploader("Add", accept_multiple_files=True)
st.text(f"{sum(len(upload.getvalue()) for upload in uploads)} bytes")
st.download_button("Save", film(), "film.png", "image/png", on_click="ignore")
st.segmented_control("Status", ["all", "read"])
st.date_input("Day")
st.slider("Slice", 1, 9)
if st.button("Open dialog"):
    show_dialog()
if "fail" in st.query_params:
    raise ValueError(NAME)
tick()

"""What every page shares: this installation's library, the card of its model, and what was measured of it."""

from pathlib import Path

import streamlit as st

from medcore.classifier import ModelCard, read_model_card
from medcore.classifier.report import Report, read_report
from medcore.errors import ModelError
from medcore.library import Library
from medcore.settings import Settings
from medcore.worker.installed import live_model_folder


@st.cache_resource(max_entries=1)
def open_library() -> Library:
    """Open the library once per server."""
    return Library.open(Settings.from_environment())


def live_folder() -> Path:
    """Return the folder of the model that is live now."""
    return live_model_folder(open_library(), Settings.from_environment())


def model_card() -> ModelCard:
    """Read the live model's card, without the model."""
    return read_card(live_folder())


@st.cache_data(max_entries=4)
def read_card(folder: Path) -> ModelCard:
    """Read the card of a model, which never changes."""
    return read_model_card(folder)


def model_report() -> Report:
    """Return what was measured of the live model; where that cannot be read, say so and go on with nothing measured."""
    try:
        return read_figures(live_folder())
    except ModelError as error:
        st.warning(str(error), icon=":material/warning:")
        return Report({}, {}, {})


@st.cache_data(max_entries=4)
def read_figures(folder: Path) -> Report:
    """Read what was measured of a model, which never changes."""
    return read_report(folder)

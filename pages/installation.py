"""What every page shares: this installation's library, the card of its model, and what was measured of it."""

import streamlit as st

from medcore.classifier import ModelCard, read_model_card
from medcore.classifier.report import Report, read_report
from medcore.errors import ModelError
from medcore.library import Library
from medcore.settings import Settings
from medcore.worker.answers import live_model_folder


@st.cache_resource(max_entries=1)
def open_library() -> Library:
    """Open the library once per server."""
    return Library.open(Settings.from_environment())


@st.cache_data(max_entries=1)
def model_card() -> ModelCard:
    """Read the live model's card, without the model."""
    return read_model_card(live_model_folder(Settings.from_environment()))


def model_report() -> Report:
    """Return what was measured of the live model; where that cannot be read, say so and go on with nothing measured."""
    try:
        return read_live_report()
    except ModelError as error:
        st.warning(str(error), icon=":material/warning:")
        return Report({}, {}, {})


@st.cache_data(max_entries=1)
def read_live_report() -> Report:
    """Read what was measured of the live model."""
    return read_report(live_model_folder(Settings.from_environment()))

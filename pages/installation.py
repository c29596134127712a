"""What every page shares: this installation's library and the card of its model."""

import streamlit as st

from medcore.classifier import ModelCard, default_model_folder, read_model_card
from medcore.library import Library
from medcore.settings import Settings


@st.cache_resource(max_entries=1)
def open_library() -> Library:
    """Open the library once per server."""
    return Library.open(Settings.from_environment())


@st.cache_data(max_entries=1)
def model_card() -> ModelCard:
    """Read the live model's card, without the model."""
    return read_model_card(default_model_folder())

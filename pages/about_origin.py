"""Other information: how the model was made, and by what its files are known."""

import json

import streamlit as st

import medcore
from medcore.classifier import ModelCard
from pages.about_parts import show_facts

COMMAND = "by medcore train-default DATA"
HERE = "on the Train page or by medcore train"


def show_origin(card: ModelCard) -> None:
    """Say how the model can be made again, and the SHA-256 of all that a prediction needs."""
    st.subheader("Other information", anchor=False)
    show_facts(
        {
            "Made": f"{card.created} with MedCore {card.medcore_version}, {HERE if card.trained_here else COMMAND}",
            "This MedCore": f"{medcore.__version__}, Apache-2.0",
            "SHA-256 of the model": card.sha256,
            **card.parts,
            "First weights": card.starting_weights.sha256,
            "Card after": "Model Facts labels: Sendak et al., npj Digital Medicine 2020.",
        }
    )
    st.text("The recipe:")
    st.code(json.dumps(card.recipe, ensure_ascii=False), language=None, wrap_lines=True)

"""A person's decision about a model: make it live, override the gate, go back to it; with a name and a reason."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import ModelVersion
from medcore.worker.promoting import promote, roll_back
from pages.installation import open_library
from pages.words import plain


def decide(model: ModelVersion) -> None:
    """Take a person's decision to make a model live, with a name and a reason."""
    library = open_library()
    live = library.models.live()
    if live is not None and live.id == model.id:
        st.badge("Live", color="green")
        return
    was_live = any(one.model_id == model.id for one in library.models.history())
    beside = [one for one in library.models.comparisons(model.id) if live is not None and one.live_id == live.id]
    passed = bool(beside) and beside[-1].passes
    with st.form(f"model_decide_{model.id}", border=True):
        who = st.text_input("Your name (not verified)", key=f"model_who_{model.id}")
        reason = st.text_input("Reason", key=f"model_reason_{model.id}")
        override = False
        if not passed and not was_live:
            override = st.checkbox("Override the gate: I take responsibility by name", key=f"model_override_{model.id}")
        pressed = st.form_submit_button("Roll back to this model" if was_live else "Make it live", type="primary")
    if not pressed:
        return
    try:
        if was_live:
            roll_back(library, model, who, reason)
        else:
            promote(library, model, who, reason, override=override)
    except MedcoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.rerun()

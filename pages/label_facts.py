"""What is known of PNG and JPEG files, which say nothing of it themselves."""

import streamlit as st

from medcore.dicom.items import PictureFacts

NOT_KNOWN = "Not known"
MODALITIES = {
    "OT": NOT_KNOWN,
    "CR": "Radiograph (CR)",
    "DX": "Digital radiograph (DX)",
    "MG": "Mammograph (MG)",
    "US": "Ultrasound (US)",
    "OP": "Photograph of the eye (OP)",
    "XC": "Photograph (XC)",
}
BODY_PARTS = ("", "CHEST", "ABDOMEN", "BREAST", "EYE", "HAND", "HEAD", "HIP", "KNEE", "PELVIS", "SPINE", "SKIN")
VIEWS = ("", "AP", "PA", "LL", "RL", "CC", "MLO")


def choose_facts() -> PictureFacts:
    """Ask what holds for all of them; DICOM files say it themselves."""
    with st.popover("What PNG and JPEG files show", icon=":material/image:", key="label_facts"):
        st.caption("The model answers only for films of which it knows these. DICOM files say it themselves.")
        modality = st.selectbox(
            "Kind", MODALITIES, format_func=MODALITIES.get, key="label_facts_modality", persist_state="session"
        )
        body_part = st.selectbox(
            "Body part", BODY_PARTS, format_func=known, key="label_facts_body_part", persist_state="session"
        )
        view = st.selectbox(
            "View", VIEWS, format_func=lambda word: word or NOT_KNOWN, key="label_facts_view", persist_state="session"
        )
        age = st.number_input(
            "Age of all patients, years", 0, 130, value=None, key="label_facts_age", persist_state="session"
        )
    return PictureFacts(modality=modality, body_part=body_part, view=view, age_years=age)


def known(word: str) -> str:
    """Write a body part, or that it is not known."""
    return word.capitalize() or NOT_KNOWN

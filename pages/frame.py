"""The script that app.py serves: page config, navigation, and the line that stands on every page."""

from pathlib import Path

import streamlit as st

ASSETS = Path(__file__).resolve().parent.parent / "assets"
DISCLAIMER = "Not a medical device. For research and demonstration."
PAGE_STYLE = ASSETS / "page.css"

st.set_page_config(
    page_title="MedCore",
    page_icon=str(ASSETS / "icon.svg"),
    layout="wide",
    menu_items={"About": f"MedCore. {DISCLAIMER}"},  # with an entry of ours the menu, and its light and dark, is kept
)
st.logo(str(ASSETS / "logo.svg"), size="large")
page = st.navigation(
    {
        "Clinic": [
            st.Page("studies.py", title="Studies", icon=":material/list_alt:", default=True),
            st.Page("review.py", title="Review", icon=":material/radiology:"),
        ],
        "Model": [
            st.Page("label.py", title="Label", icon=":material/label:"),
            st.Page("train.py", title="Train", icon=":material/model_training:"),
            st.Page("evaluate.py", title="Evaluate", icon=":material/monitoring:"),
            st.Page("models.py", title="Models", icon=":material/history:"),
        ],
        "": [st.Page("about.py", title="About", icon=":material/info:")],
    },
    position="top",
)
st.html(PAGE_STYLE)
with st.container(gap="xsmall"):
    st.caption(DISCLAIMER)
    page.run()

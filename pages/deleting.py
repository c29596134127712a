"""The dialog that deletes a study: asked twice, noted who and why."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.library import Study
from pages.installation import open_library
from pages.words import counted


@st.dialog("Delete this study?")
def delete_study(study: Study) -> None:
    """Ask once for a name and a reason, and once more before anything goes."""
    st.text(
        f"{counted(len(study.instances), 'image')}, every reading and everything the model said will be gone. "
        "This cannot be undone. Who deleted it, when and why stays on record."
    )
    who = st.text_input("Your name (not verified)", key="deleting_name")
    reason = st.text_input("Reason", key="deleting_reason")
    sure = st.checkbox("Yes, delete it for good", key="deleting_sure")
    ready = bool(who.strip() and reason.strip() and sure)
    if st.button("Delete study", type="primary", disabled=not ready, key="deleting_go"):
        try:
            open_library().delete_study(study.id, who=who.strip(), reason=reason.strip())
        except MedcoreError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.cache_data.clear()  # its pictures go too
        st.switch_page("studies.py")

"""Which models there are, which one was live when and why, and going back to an earlier one."""

import streamlit as st

from medcore.library import ModelVersion
from pages.about_parts import show_table
from pages.installation import open_library
from pages.model_decide import decide
from pages.model_gate import show_comparison
from pages.words import counted, moment, plain

HOW = {
    "shipped": "Shipped with MedCore",
    "passed the gate": "Passed the gate",
    "gate overridden": "Gate overridden",
    "rolled back": "Rolled back",
}


def show_history(named: dict[int, ModelVersion]) -> None:
    """Show which model was live from when to when, the newest first; nothing of it is ever changed."""
    st.subheader("What was live", anchor=False)
    history = open_library().models.history()
    if not history:
        st.text("No model has been live yet. It goes live when the background has started.")
        return
    ends = [*(moment(one.created_at) for one in history[1:]), "now"]
    show_table(
        [
            {
                "Model": plain(named[one.model_id].name),
                "From": moment(one.created_at),
                "To": end,
                "How": HOW[one.how],
                "Who": plain(one.who),
                "Why": plain(one.reason),
            }
            for one, end in reversed(list(zip(history, ends, strict=True)))
        ]
    )


def show_model(model: ModelVersion, readings: int, *, live: bool) -> None:
    """Show one model: what the gate said, who read with it, and what can be decided."""
    with st.expander(f"{plain(model.name)}{', live' if live else ''}", expanded=live, key=f"models_{model.id}"):
        made = f"Recorded {moment(model.created_at)} by {model.who}." if model.created_at else ""
        st.text(f"{made} {counted(readings, 'reading')} saw an answer of it.")
        if readings and not live:
            for study_id in open_library().models.studies_read_with(model.name)[:50]:
                st.page_link("review.py", label=f"Study {study_id}", query_params={"study": str(study_id)})
        show_comparison(model)
        decide(model)


st.title("Models", anchor=False)
found = open_library().models.all()
show_history({model.id: model for model in found})
st.subheader("All models", anchor=False)
counts = open_library().models.count_readings([model.name for model in found])
now_live = open_library().models.live()
for one in reversed(found):
    show_model(one, counts.get(one.name, 0), live=now_live is not None and one.id == now_live.id)

"""The model's card, to read or print: what it is for, for whom it is not, how good it is, and on which data."""

import streamlit as st

from medcore.errors import MedcoreError
from medcore.training.card_advice import unmeasured
from pages.about_checks import show_robustness, show_scope, show_shortcut, show_subgroups
from pages.about_figures import show_charts, show_figures
from pages.about_history import show_comparison, show_meetings, show_trials
from pages.about_labels import show_labels, show_sets
from pages.about_mechanism import show_mechanism
from pages.about_origin import show_origin
from pages.about_parts import show_list
from pages.about_points import show_points
from pages.about_use import show_summary, show_uses, show_warnings
from pages.installation import model_card, model_report

MEASURED = {  # by the part of a model's report
    "sets": show_sets,
    "subgroups": show_subgroups,
    "robustness": show_robustness,
    "shortcut": show_shortcut,
    "scope": show_scope,
    "meetings": show_meetings,
    "comparison": show_comparison,
    "trials": show_trials,
}
CARD_WIDTH = 900  # pixels; on paper as on the screen, see assets/page.css


def show_card() -> None:
    """Show the card in the order of the Model Facts label."""
    card, report = model_card(), model_report()
    show_summary(card, report)
    show_mechanism(card)
    st.subheader("Validation and performance", anchor=False)
    show_figures(card, report)
    show_charts(card, report)
    show_points(card, report)
    show_labels(card, report)
    missing = unmeasured(card, report)
    for part, show in MEASURED.items():
        if part not in missing:
            show(card, report)
    if missing:
        st.markdown("#### Not measured of this model")
        show_list(list(missing.values()))
    show_uses(card)
    show_warnings(card, report)
    show_origin(card)


with st.container(horizontal_alignment="center"), st.container(width=CARD_WIDTH, key="about_card"):
    st.title("About", anchor=False)
    st.text(
        "MedCore shows a study first, takes the reader's own finding, and only then what the model says and where it "
        "looked. Everything stays on this machine. This is its model's card; the browser prints it."
    )
    try:
        show_card()
    except MedcoreError as error:
        st.error(str(error), icon=":material/error:")

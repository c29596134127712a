"""What the gate found of a model that was trained here: its meetings with test films."""

import streamlit as st

from medcore.library import Comparison
from pages.about_parts import NONE, show_table
from pages.installation import open_library
from pages.words import moment, plain


def show_gate_log() -> None:
    """Show each comparison of the live model with the one that was live before it; none is left out."""
    models = open_library().models
    live, names = models.live(), {model.id: model.name for model in models.all()}
    st.text(
        "Comparisons with the model that was live then, on test films of patients that neither was trained on; none is "
        "left out."
    )
    show_table(
        [
            {
                "Date": moment(one.created_at),
                "Beside": plain(names[one.live_id]),
                "Test films": f"{one.verdict['films']:,} of {one.verdict['patients']:,} patients",
                "Gate": "Let it through" if one.passes else "Turned it away",
                "What was found": plain(one.verdict["checks"][0]["said"]),
                "Against it": failed_checks(one),
            }
            for one in (models.comparisons(live.id) if live is not None else ())
        ],
        missing="It was made live without such a comparison.",
    )


def failed_checks(comparison: Comparison) -> str:
    """Name the checks of the gate that spoke against a model."""
    return ", ".join(plain(check["name"]) for check in comparison.verdict["checks"] if not check["passed"]) or NONE

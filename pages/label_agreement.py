"""How far readers agree, with intervals."""

from collections.abc import Sequence

import streamlit as st

from medcore.labelling.reader_agreement import LEAST_FILMS, AgreementRow, measure_agreement
from medcore.library import Decision, LabelSet
from pages.about_parts import decimal_between, share
from pages.installation import open_library
from pages.label_sets import class_name

MEANING = (
    "1 means that readers always say the same, 0 that they do so as often as chance would. In brackets: 95 % interval, "
    "patients drawn with replacement."
)


def show_agreement(label_set: LabelSet, decisions: Sequence[Decision]) -> None:
    """Show the agreement of each pair of readers, and of all together."""
    said = [label.id for one in decisions for label in one.opinions]
    rows = agreement(label_set, len(said), max(said, default=0), decisions)
    st.subheader("Agreement of readers")
    if not rows:
        st.text(f"Shown once two readers have labelled the same {LEAST_FILMS} films, of more than one class.")
        return
    columns = {
        "Readers": [" and ".join(row.readers) or "All together" for row in rows],
        "Finding": [class_name(label_set, row.finding) for row in rows],
        "Films": [row.agreement.films for row in rows],
        "Said the same": [share(row.agreement.agreed) for row in rows],
        "Measure": [row.measure for row in rows],
        "Agreement": [decimal_between(row.agreement.kappa, row.agreement.low, row.agreement.high) for row in rows],
    }
    order = [name for name in columns if name != "Finding" or label_set.several]
    st.dataframe(columns, hide_index=True, column_order=order, key="label_agreement", alt="Agreement of readers")
    st.caption(MEANING)


@st.cache_data(max_entries=8, show_spinner=False)
def agreement(
    label_set: LabelSet, labels: int, newest: int, _decisions: Sequence[Decision]
) -> tuple[AgreementRow, ...]:
    """Measure once for what has been said so far."""
    patients = {film.instance_id: film.patient for film in open_library().labels.films()}
    return measure_agreement(label_set, _decisions, patients)

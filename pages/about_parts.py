"""What the sections of the card are made of: facts by name, tables, and figures with their intervals."""

from collections.abc import Mapping, Sequence

import streamlit as st

from medcore.evaluation.wording import (
    NONE,
    decimal,
    decimal_between,
    decimal_figure,
    share,
    share_between,
    share_figure,
)

__all__ = [
    "NONE",
    "decimal",
    "decimal_between",
    "decimal_figure",
    "share",
    "share_between",
    "share_figure",
    "show_facts",
    "show_table",
]

NOT_MEASURED = "Not measured yet."


def show_facts(facts: Mapping[str, str]) -> None:
    """Show facts, each with its name in front."""
    with st.container(gap="xxsmall"):
        for name, fact in facts.items():
            label, value = st.columns([1, 5], gap="small")
            label.caption(name)
            value.text(fact)


def show_table(rows: Sequence[Mapping[str, str]], missing: str = NOT_MEASURED) -> None:
    """Show rows, all of the same columns, or say that there are none."""
    if rows:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        st.table(columns, border="horizontal", hide_index=True)
    else:
        st.text(missing)

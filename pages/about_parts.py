"""What the sections of the card are made of: facts by name, tables, and figures with their intervals."""

from collections.abc import Mapping, Sequence

import streamlit as st

from medcore.classifier import ModelCard
from medcore.evaluation.wording import (
    NONE,
    decimal,
    decimal_between,
    decimal_figure,
    share,
    share_between,
    share_figure,
)
from medcore.library.standing import sentence_case
from pages.words import plain

__all__ = [
    "NONE",
    "against",
    "decimal",
    "decimal_between",
    "decimal_figure",
    "share",
    "share_between",
    "share_figure",
    "show_facts",
    "show_list",
    "show_table",
    "title",
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


def show_list(points: Sequence[str]) -> None:
    """Show points, one below the other; they are Markdown."""
    st.markdown("\n".join(f"- {point}" for point in points))


def title(name: str) -> str:
    """Write a name that somebody gave as Markdown that shows it as it is, its first letter large."""
    return plain(sentence_case(name))


def against(card: ModelCard) -> str:
    """Name the question that the model decides, as Markdown."""
    return title(f"{card.finding} against {card.classes[0]}")

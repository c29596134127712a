"""What the sections of the card are made of: facts by name, tables, and figures with their intervals."""

from collections.abc import Mapping, Sequence

import streamlit as st

from medcore.evaluation.figures import Figure

NOT_MEASURED = "Not measured yet."
NONE = "–"


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


def share(value: float | None, digits: int = 1) -> str:
    """Write a share that was counted, in percent."""
    return NONE if value is None else f"{value:.{digits}%}".replace("%", " %")


def decimal(value: float | None) -> str:
    """Write a figure that is no share."""
    return NONE if value is None else f"{value:.3f}"


def share_between(value: float | None, low: float | None, high: float | None) -> str:
    """Write a share and its interval."""
    if value is None or low is None or high is None:
        return share(value)
    return f"{share(value)} ({share(low).removesuffix(' %')} to {share(high).removesuffix(' %')})"


def decimal_between(value: float | None, low: float | None, high: float | None) -> str:
    """Write a figure that is no share, and its interval."""
    if value is None or low is None or high is None:
        return decimal(value)
    return f"{decimal(value)} ({decimal(low)} to {decimal(high)})"


def share_figure(figure: Figure) -> str:
    """Write a measured share and its interval."""
    return share_between(figure.value, figure.low, figure.high)


def decimal_figure(figure: Figure) -> str:
    """Write a measured figure that is no share, and its interval."""
    return decimal_between(figure.value, figure.low, figure.high)

"""Figures and tables of a model's card, as Markdown for people: three decimals, shares in percent with one."""

from collections.abc import Iterable, Sequence

from medcore.evaluation.figures import Figure

NOTHING = "–"
NOT_MEASURED = "Not measured yet."


def number(value: float | None) -> str:
    """Write a figure with three decimals."""
    return NOTHING if value is None else f"{_unsigned_zero(value, 3):.3f}"


def change(value: float) -> str:
    """Write a difference with its sign."""
    return f"{_unsigned_zero(value, 3):+.3f}"


def percent(value: float | None) -> str:
    """Write a share in percent."""
    return NOTHING if value is None else f"{_unsigned_zero(100 * value, 1):.1f} %"


def number_between(value: float | None, low: float | None, high: float | None) -> str:
    """Write a figure with its bounds."""
    return number(value) if low is None or high is None else f"{number(value)} ({number(low)} to {number(high)})"


def percent_between(value: float | None, low: float | None, high: float | None) -> str:
    """Write a share with its bounds."""
    if low is None or high is None:
        return percent(value)
    return f"{percent(value)} ({percent(low).removesuffix(' %')} to {percent(high)})"


def as_number(figure: Figure) -> str:
    """Write a measured figure with its interval."""
    return number_between(figure.value, figure.low, figure.high)


def as_percent(figure: Figure) -> str:
    """Write a measured share with its interval."""
    return percent_between(figure.value, figure.low, figure.high)


def yes_no(value: bool) -> str:
    """Write yes or no."""
    return "yes" if value else "no"


def count(value: int) -> str:
    """Write a whole number, thousands apart."""
    return f"{value:,}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table, or that nothing was measured where there is no row."""
    lines = [_line(row) for row in rows]
    if not lines:
        return NOT_MEASURED
    return "\n".join([_line(heads), _line(["---"] * len(heads)), *lines])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _unsigned_zero(value: float, digits: int) -> float:
    """Round, and leave no minus before a zero."""
    return round(value, digits) + 0.0

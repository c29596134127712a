"""Figures as a reader sees them: shares in percent, the others with three digits, each with its interval."""

from medcore.evaluation.figures import Figure

NONE = "–"


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

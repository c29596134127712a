"""Probabilities as a clinician reads them."""

MOST_DIGITS = 12  # after the point; what differs by less is the same


def percent(probability: float, beside: float | None = None) -> str:
    """Write a probability in percent; never as certain, never as impossible.

    Parameters
    ----------
    probability : float
        From 0 to 1.
    beside : float, optional
        Another one that is shown with it, as the threshold is: where the two differ, their texts differ too, with as
        many digits as that takes.
    """
    for digits in range(MOST_DIGITS):
        text = _rounded(probability, digits)
        if beside is None or beside == probability or text != _rounded(beside, digits):
            break
    return text


def _rounded(probability: float, digits: int) -> str:
    edge = 10.0 ** -(digits + 2)
    if probability > 1 - edge:
        return f"over {100 * (1 - edge):.{digits}f} %"
    if probability < edge:
        return f"under {100 * edge:.{digits}f} %"
    return f"{100 * probability:.{digits}f} %"

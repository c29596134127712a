"""Ages as a clinician writes them."""

DAYS_PER_YEAR = 365.25
MONTHS_PER_YEAR = 12


def age_text(years: float | None, stated: bool = False) -> str:
    """Write an age in years, below two years in months, below two months in days; empty where it is not known."""
    if years is None:
        return ""
    if years >= 2:
        text = _count(int(years), "year")
    elif years * MONTHS_PER_YEAR >= 2:
        text = _count(int(years * MONTHS_PER_YEAR + 1e-6), "month")
    else:
        text = _count(round(years * DAYS_PER_YEAR), "day")
    return f"{text} (stated)" if stated else text


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"

"""Choose how an answer is compressed, by what the browser says that it can read.

Source: RFC 9110, 12.5.3 (Accept-Encoding) and 13.1.2 (If-None-Match).
"""

from collections.abc import Mapping

OFFERED = ("zstd", "gzip")  # the first is quicker at both ends; browsers ask for it on this machine and over HTTPS
IDENTITY = "identity"


def choose_coding(accepted: str) -> str:
    """Return the first content coding on offer that an Accept-Encoding header allows, else identity."""
    weights = _weights(accepted)
    return next((coding for coding in OFFERED if weights.get(coding, weights.get("*", 0.0)) > 0), IDENTITY)


def _weights(accepted: str) -> Mapping[str, float]:
    weights = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = (piece.strip() for piece in part.partition(";"))
        weights[coding] = _weight(parameter) if parameter else 1.0
    return weights


def _weight(parameter: str) -> float:
    name, _, value = (piece.strip() for piece in parameter.partition("="))
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0


def is_known(etag: str, known: str) -> bool:
    """Tell whether an If-None-Match header names an entity tag, or any."""
    return known.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]

"""Text as the search field compares it: without case, accents, width and punctuation."""

import re
import unicodedata

NO_LETTER = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Return `text` with accents and case taken off and one space between its words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return NO_LETTER.sub(" ", unicodedata.normalize("NFKC", plain)).strip()

"""Text from outside, made fit to be shown."""

LONGEST_TEXT = 1024  # characters


def printable(value: str) -> str:
    """Return `value` without control and direction marks, without outer blanks, cut to 1024 characters."""
    value = value[:LONGEST_TEXT]
    if not value.isprintable():
        value = "".join(character for character in value if character.isprintable())
    return value.strip()

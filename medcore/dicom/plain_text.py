"""Text from outside, made fit to be shown."""

import re

PADDING = " \0\t\r\n"
LONGEST_TEXT = 1024  # characters
CODE_SWITCH = re.compile("\x1b[ -/]+[0-~]")  # ISO 2022 escape sequences, which some codecs leave in the text


def printable(value: str) -> str:
    """Return `value` without control and direction marks, without outer blanks, cut to 1024 characters."""
    value = value[:LONGEST_TEXT].strip(PADDING)
    if not value.isprintable():
        value = CODE_SWITCH.sub("", value)
        value = "".join(character for character in value if character.isprintable()).strip()
    return value

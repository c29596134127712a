"""Cells of a table (CSV) that a spreadsheet shows and never runs; see OWASP, CSV Injection."""

import re

# What spreadsheets run: a sign at the start of a cell, or of what they take for one where they cut at another sign.
FORMULA = re.compile(r"(^\s*|[;,|\t\r\n]\s*)([=+\-@＝＋－＠])")


def plain_cell(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    harmless = FORMULA.sub(r"\1'\2", text)
    return f"'{harmless}" if harmless.startswith(("\t", "\r", "\n")) else harmless

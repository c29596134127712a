"""Answers that the server gives itself: refusals and faults, as a page for a browser and as a line for a program."""

from html import escape

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, Response

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>MedCore</title>
<style>
:root {{ color-scheme: dark light; font: 18px/1.5 system-ui, sans-serif; }}
main {{ max-width: 36rem; margin: 20vh auto 0; padding: 0 1.5rem; }}
</style>
<main>
<h1>{title}</h1>
<p>{text}</p>
<p><a href="/">Back to the studies</a></p>
</main>
"""


def answer(connection: HTTPConnection, status: int, title: str, text: str) -> Response:
    """Say in a clinician's words what happened and what to do."""
    if "text/html" in connection.headers.get("accept", ""):
        return HTMLResponse(PAGE.format(title=escape(title), text=escape(text)), status_code=status)
    return PlainTextResponse(f"{title}: {text}\n", status_code=status)

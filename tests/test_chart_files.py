"""The route that serves what the Evaluate page draws with: those two scripts and nothing else."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from medcore.server.chart_files import FILES, chart_file


def ask(name: str, **headers: str) -> Response:
    sent = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": f"/charts/{name}", "path_params": {"name": name}}
    return asyncio.run(chart_file(Request({**scope, "headers": sent})))


@pytest.mark.parametrize("name", ["threshold.js", "plotly.min.js"])
def test_a_script_is_served_once_and_known_again(name: str) -> None:
    answer = ask(name)
    assert isinstance(answer, FileResponse)
    assert (answer.path, answer.status_code) == (FILES[name], 200)
    assert FILES[name].is_file()
    assert (answer.media_type or "").startswith("text/javascript")
    assert ask(name, if_none_match=answer.headers["etag"]).status_code == 304


@pytest.mark.parametrize("name", ["threshold", "../threshold.js", "%2e%2e/app.py", ""])
def test_nothing_else_is_served(name: str) -> None:
    assert ask(name).status_code == 404

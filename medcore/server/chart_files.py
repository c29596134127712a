"""The scripts that the Evaluate page draws its charts with, and the route that serves them."""

from pathlib import Path

import plotly
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from medcore.server.viewer_files import answer_file
from medcore.settings import REPOSITORY

FILES = {
    "threshold.js": REPOSITORY / "assets" / "charts" / "threshold.js",
    "plotly.min.js": Path(plotly.__file__).parent / "package_data" / "plotly.min.js",
}


async def chart_file(request: Request) -> Response:
    """Serve one of the scripts by its name, and only if the browser does not have the same one already."""
    file = FILES.get(request.path_params["name"])
    if file is None:
        return PlainTextResponse("Not found\n", status_code=404)
    return await run_in_threadpool(answer_file, request, file, "text/javascript")

"""The server: what is served besides the pages, what guards them, what runs beside them.

Start it with `streamlit run app.py`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from streamlit import file_util

from medcore import __version__
from medcore.errors import MedcoreError
from medcore.faults import keep_logs_private, log_fault
from medcore.server.answers import answer
from medcore.server.background import Background
from medcore.server.chart_files import chart_file
from medcore.server.gate import Gate
from medcore.server.headers import answer_headers, content_security_policy, inline_script_hashes
from medcore.server.library import ServerLibrary
from medcore.server.measurements import Measurements
from medcore.server.pixels import Pixels
from medcore.server.viewer_files import viewer_file
from medcore.settings import Settings

SETTINGS = Settings.from_environment()
FRONT_END = Path(file_util.get_static_dir()) / "index.html"
POLICY = content_security_policy(inline_script_hashes(FRONT_END.read_text(encoding="utf-8")))
FAULT = "Something went wrong on MedCore's side; nothing you saved is lost. Reload the page and try again."

background = Background(SETTINGS)
library = ServerLibrary(SETTINGS)


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Run the worker and the decoders for as long as the server runs."""
    background.start()
    try:
        yield
    finally:
        background.stop()
        library.close()


async def health(request: Request) -> Response:
    """Say that the server is up, and how its worker is."""
    return JSONResponse({"status": "ok", "version": __version__, "worker": background.state})


async def server_fault(request: Request, error: Exception) -> Response:
    """Answer a request that failed; the gate's headers are set here because this answer is made outside of it."""
    response = answer(request, 500, "MedCore could not answer", _with_reference(log_fault(error)))
    response.headers.update(answer_headers(POLICY))
    return response


def page_fault(error: Exception) -> bool:
    """Show a page's failure in place of a traceback."""
    reference = log_fault(error)
    st.error(_with_reference(reference))
    if isinstance(error, MedcoreError):
        st.text(str(error))
    return True


def _with_reference(reference: str) -> str:
    return f"{FAULT} If it happens again, give whoever looks after MedCore the reference {reference}."


ROUTES = [
    Route("/health", health),
    Route("/viewer/{name}", viewer_file),
    Route("/charts/{name}", chart_file),
    *Pixels(library, SETTINGS).routes(),
    *Measurements(library).routes(),
]

keep_logs_private()
app = st.App(
    "pages/frame.py",
    routes=ROUTES,
    middleware=[Middleware(Gate, policy=POLICY, allowed_hosts=SETTINGS.allowed_hosts)],
    lifespan=lifespan,
    exception_handlers={Exception: server_fault},
    on_script_error=page_fault,
)

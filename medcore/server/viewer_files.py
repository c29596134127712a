"""The viewer's bundle, as the set-up built it: where it lies, whether it is there, and the route that serves it.

`make viewer` builds it from assets/viewer; the archive of `make dist` carries it.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from medcore.server.coding import is_known
from medcore.settings import REPOSITORY

BUILD_COMMAND = "make viewer"
BUNDLE = "viewer.js"
NOTICES = "licenses.txt"  # of what is bundled, which the bundle must travel with
KINDS = {BUNDLE: "text/javascript", NOTICES: "text/plain"}
NOT_BUILT = f"The viewer is not built. Build it with: {BUILD_COMMAND}\n"


def viewer_path(folder: Path = REPOSITORY) -> Path:
    """Tell where the bundle lies once it is built."""
    return folder / "assets" / "viewer" / "dist" / BUNDLE


def is_built(folder: Path = REPOSITORY) -> bool:
    """Tell whether the bundle is there to be served."""
    return viewer_path(folder).is_file()


async def viewer_file(request: Request) -> Response:
    """Serve one file of the bundle by its name, and only if the browser does not have the same one already."""
    name = request.path_params["name"]
    if name not in KINDS:
        return PlainTextResponse("Not found\n", status_code=404)
    return await run_in_threadpool(answer_file, request, viewer_path().with_name(name), KINDS[name])


def answer_file(request: Request, path: Path, kind: str) -> Response:
    """Answer with a file, or that the browser has it already; zipped where a zipped one lies beside it."""
    gzipped = path.with_name(path.name + ".gz")
    zipped = _takes_gzip(request) and _is_newer(gzipped, path)
    served = gzipped if zipped else path
    try:
        status = served.stat()
        etag = f'"{_content_hash(served, status.st_mtime_ns, status.st_size)}"'
    except FileNotFoundError:
        return PlainTextResponse(NOT_BUILT, status_code=404)
    # Asked for again at every opening and answered by 304: a bundle that was just rebuilt is never missed.
    headers = {"etag": etag, "cache-control": "no-cache", "vary": "Accept-Encoding"}
    if is_known(etag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    # Named for the file as it is too, so that the framework does not compress the megabytes anew for every browser.
    headers["content-encoding"] = "gzip" if zipped else "identity"
    return FileResponse(served, headers=headers, media_type=kind, stat_result=status)


def _is_newer(path: Path, than: Path) -> bool:
    return path.is_file() and than.is_file() and path.stat().st_mtime_ns >= than.stat().st_mtime_ns


def _takes_gzip(request: Request) -> bool:
    offers = [offer.replace(" ", "").lower() for offer in request.headers.get("accept-encoding", "").split(",")]
    return any(offer.split(";")[0] == "gzip" and not offer.endswith((";q=0", ";q=0.0")) for offer in offers)


@lru_cache(maxsize=16)
def _content_hash(path: Path, changed_ns: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

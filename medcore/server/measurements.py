"""The routes of a study's measurements: read, save, and take along as a table or as a DICOM structured report."""

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from medcore import dicom
from medcore.dicom.measurement import NewMeasurement, SourceImage
from medcore.errors import LibraryError, MedcoreError, MissingError
from medcore.server.answers import answer
from medcore.server.library import ServerLibrary
from medcore.server.measurement_body import LONGEST_BODY, read_measurement

if TYPE_CHECKING:
    from medcore.library import Library

LONGEST_NUMBER = 18  # digits of a study's number in an address
NO_STUDY = "There is no study at this address. Choose another in the worklist."
TOO_LONG = f"The measurement takes more than the {LONGEST_BODY // 1024} KiB that one may. Draw it again."
NOT_JSON_TYPE = "A measurement must come as application/json. Reload the page and draw it again."
BROKEN_OFF = "The measurement did not arrive whole. Draw it again."

Work = Callable[["Library", int], Response]


class Measurements:
    """Answers what a browser asks of the measurements of a study."""

    def __init__(self, library: ServerLibrary) -> None:
        self._library = library
        self._one_report = asyncio.Lock()  # each may keep a processor busy for some seconds

    def routes(self) -> list[Route]:
        """List the routes for the server."""
        path = "/studies/{study_id}/measurements"
        return [
            Route(path, self.read, methods=["GET"]),
            Route(path, self.save, methods=["POST"]),
            Route(f"{path}.csv", self.table, methods=["GET"]),
            Route(f"{path}.dcm", self.report, methods=["GET"]),
        ]

    async def read(self, request: Request) -> Response:
        """Send the current measurements."""
        return await self._work(request, _list)

    async def save(self, request: Request) -> Response:
        """Save a version of a measurement, and send it back as it was saved."""
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            return _error(415, NOT_JSON_TYPE)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return _error(400, BROKEN_OFF)
        if body is None:
            return _error(400, TOO_LONG)
        try:
            new = read_measurement(body)
        except LibraryError as error:
            return _error(400, str(error))
        return await self._work(request, lambda library, study_id: _save(library, study_id, new))

    async def table(self, request: Request) -> Response:
        """Send the current measurements as CSV."""
        return await self._work(request, _table)

    async def report(self, request: Request) -> Response:
        """Send the current measurements as a DICOM structured report."""
        async with self._one_report:
            return await self._work(request, _report)

    async def _work(self, request: Request, work: Work) -> Response:
        number = request.path_params["study_id"]
        if not (number.isascii() and number.isdecimal()) or len(number) > LONGEST_NUMBER:
            return _refusal(request, 404, NO_STUDY)
        try:
            library = await self._library.opened()
            return await run_in_threadpool(work, library, int(number))
        except MissingError as error:
            return _refusal(request, 404, str(error))
        except LibraryError as error:
            # A value is refused for itself; where the disk, a lock or the library's file stand behind it, it could be
            # taken another time.
            return _refusal(request, 400 if error.__cause__ is None else 503, str(error))
        except MedcoreError as error:
            return _refusal(request, 422, str(error))


async def _body(request: Request) -> bytes | None:
    """Receive the body; None where it is too long, which is noticed before it is all there."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return None
    return bytes(body)


def _list(library: "Library", study_id: int) -> Response:
    return JSONResponse([measurement.as_json() for measurement in library.measurements(study_id)])


def _save(library: "Library", study_id: int, new: NewMeasurement) -> Response:
    return JSONResponse(library.save_measurement(study_id, new).as_json(), status_code=201)


def _table(library: "Library", study_id: int) -> Response:
    write_table = import_module("medcore.server.measurement_table").write_table  # needs the library, which loads late
    table = write_table(library.study(study_id), library.measurements(study_id))
    return _download(table, "text/csv; charset=utf-8", f"measurements-of-study-{study_id}.csv")


def _report(library: "Library", study_id: int) -> Response:
    images = {
        image.attributes.sop_instance_uid: SourceImage(image.path, image.attributes)
        for image in library.study(study_id).instances
    }
    report = dicom.measurement_report(library.measurements(study_id), images)
    return _download(report, "application/dicom", f"measurements-of-study-{study_id}.dcm")


def _download(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _refusal(request: Request, status: int, sentence: str) -> Response:
    """Say why not: a page where somebody has followed a link to a file, else what a program reads."""
    if "text/html" in request.headers.get("accept", ""):
        return answer(request, status, "There is no file to take along", sentence)
    return _error(status, sentence)


def _error(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status_code=status)

"""Over the wire a viewer gets the values that pydicom decodes, under statuses and headers that keep them its own."""

import gzip
import http.client
import io
import json
import re
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio.lowlevel
import numpy as np
import pytest
import zstandard
from PIL import Image
from starlette.types import Message

from medcore.dicom import stop_decoders
from medcore.library import Library
from medcore.server.pixels import CHUNK, BodyResponse
from medcore.settings import REPOSITORY, Settings
from tests.pixel_sites import PYDICOM_FILES, TYPES, Site, expected, received, run_of_frames, write_files
from tests.servers import running_server

GONE_UID = "1.2.826.0.1.3680043.8.498.1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pixels")


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Site]:
    library = Library.open(Settings(data_dir=folder / "data", models_dir=REPOSITORY / "assets" / "models"))
    library.add([PYDICOM_FILES, write_files(folder / "files")])
    stop_decoders()  # the server has its own
    with running_server(folder) as server:
        yield Site(server, library, server.session_cookie())
    library.close()


def test_every_image_comes_as_pydicom_decodes_it(site: Site) -> None:
    types, only_here = set(), 0
    for instance in site.instances():
        uid = instance.attributes.sop_instance_uid
        image = site.json(f"/pixels/{uid}")
        types.add(image["type"])
        for frame in sorted({0, image["frames"] - 1}):
            try:
                kind, values = expected(instance.path, frame)
            except ValueError:  # a Number of Frames of "1A", which pydicom does not read
                only_here += 1
                continue
            assert image["type"] == kind
            sent = received(site.ask(f"/pixels/{uid}/{frame}"), image)
            np.testing.assert_array_equal(sent, values, err_msg=f"{image['photometric_interpretation']} {kind}")
    assert types == set(TYPES)
    assert only_here == 1
    assert len(site.instances()) > 60


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("*", "zstd"),
        ("br", "identity"),
        ("", "identity"),
        ("gzip;q=0, zstd;q=0", "identity"),
        ("GZIP;q=0.5", "gzip"),
        ("zstd;q=nonsense, gzip", "gzip"),
    ],
)
@pytest.mark.parametrize("uid", ["1.2.3.6160", "1.2.3.104", "1.2.3.100", "1.2.3.102"])
def test_each_coding_holds_the_same_values(site: Site, uid: str, accepted: str, coding: str) -> None:
    answer = site.ask(f"/pixels/{uid}/0", Accept_Encoding=accepted)
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(answer.body)
    unpack = {"zstd": zstandard.ZstdDecompressor().decompress, "gzip": gzip.decompress, "identity": bytes}[coding]
    assert unpack(answer.body) == site.ask(f"/pixels/{uid}/0").body


def test_each_frame_of_a_run_is_its_own(site: Site) -> None:
    image = site.json("/pixels/1.2.3.103")
    assert (image["frames"], image["frame_time_ms"], len(image["per_frame"])) == (6, 40, 6)
    for number, values in enumerate(run_of_frames()):
        np.testing.assert_array_equal(received(site.ask(f"/pixels/1.2.3.103/{number}"), image), values)


def test_an_image_says_what_a_viewer_needs(site: Site) -> None:
    (row,) = [row for row in site.library.studies().rows if "CT" in row.modalities and row.images == 5]
    (series,) = site.library.study(row.id).series
    instance = series.instances[2]
    image = site.json(f"/pixels/{instance.attributes.sop_instance_uid}")
    assert image == {
        "sop_instance_uid": instance.attributes.sop_instance_uid,
        "rows": 8,
        "columns": 6,
        "frames": 1,
        "type": "int16",
        "photometric_interpretation": "MONOCHROME2",
        "inverted": False,
        "modality": "CT",
        "unit": "HU",
        "bits_stored": 16,
        "spacing_mm": [0.5, 0.5],
        "spacing_source": "Pixel Spacing",
        "regions": [],
        "pixel_aspect": 1,
        "frame_of_reference_uid": "1.2.3.9",
        "frame_time_ms": None,
        "slope": 1,
        "intercept": -1024,
        "modality_lut": None,
        "windows": [{"center": 40, "width": 400, "name": "Window 1", "function": "LINEAR"}],
        "voi_lut": None,
        "padding": None,
        "per_frame": [{"position": [-10, -10, 10], "orientation": [1, 0, 0, 0, 1, 0]}],
    }
    assert site.json("/pixels/1.2.3.105")["inverted"] is True
    film = site.json("/pixels/1.2.3.106")
    assert (film["spacing_mm"], film["spacing_source"]) == ([0.15, 0.2], "Imager Pixel Spacing")
    assert film["pixel_aspect"] == pytest.approx(0.75)


def test_a_series_lists_its_images_and_says_whether_they_are_a_volume(site: Site) -> None:
    (row,) = [row for row in site.library.studies().rows if "CT" in row.modalities and row.images == 5]
    (series,) = site.library.study(row.id).series
    listed = site.json(f"/series/{series.id}/images")
    assert listed["series"] == series.id
    assert listed["volume"] == {"possible": True, "reason": ""}
    uids = [listed["images"][image]["sop_instance_uid"] for image, _ in listed["order"]]
    assert uids == [instance.attributes.sop_instance_uid for instance in series.instances]
    heights = [listed["images"][image]["per_frame"][frame]["position"][2] for image, frame in listed["order"]]
    assert heights == [0, 5, 10, 15, 20]
    for image in listed["images"]:
        assert image == site.json(f"/pixels/{image['sop_instance_uid']}")


def test_every_series_is_listed_and_what_is_no_volume_says_why(site: Site) -> None:
    for row in site.library.studies().rows:
        for series in site.library.study(row.id).series:
            listed = site.json(f"/series/{series.id}/images")
            assert listed["volume"]["possible"] == (listed["volume"]["reason"] == "")
            assert sorted(map(tuple, listed["order"])) == [
                (image, frame)
                for image, instance in enumerate(series.instances)
                for frame in range(instance.attributes.number_of_frames)
            ]


def test_a_frame_that_cannot_be_decoded_says_so_and_its_neighbours_come(site: Site) -> None:
    for frame in (0, 2):
        assert site.ask(f"/pixels/1.2.3.104/{frame}").status == 200
    for _ in range(2):
        answer = site.ask("/pixels/1.2.3.104/1")
        assert answer.status == 422
        assert re.search("damaged", json.loads(answer.body)["error"])
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("uid", ["1.2.3.6160", "1.2.3.104"])
def test_what_the_browser_has_is_not_sent_again(site: Site, uid: str) -> None:
    paths = (f"/pixels/{uid}/0", f"/pixels/{uid}", f"/pixels/{uid}/thumbnail")[: 3 if uid != "1.2.3.104" else 2]
    tags = set()
    for path in paths:
        for coding in ("zstd", "gzip", "identity"):
            first = site.ask(path, Accept_Encoding=coding)
            etag = first.headers["etag"]
            tags.add(etag)
            assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
            assert first.headers["cache-control"] == "private, no-cache"
            for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
                again = site.ask(path, Accept_Encoding=coding, If_None_Match=known)
                assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
                assert again.headers["cache-control"] == "private, no-cache"
            assert site.ask(path, Accept_Encoding=coding, If_None_Match='"other"').status == 200
    assert len(tags) == 3 + len(paths) - 1  # a frame's bytes differ by coding, and nothing shares a tag


def test_equal_pixels_of_other_files_have_other_tags(site: Site) -> None:
    tags = [site.ask(f"/pixels/1.2.3.103/{frame}").headers["etag"] for frame in range(6)]
    assert len(set(tags)) == 6


def test_what_lies_in_its_file_as_it_is_sent_is_not_kept_twice(site: Site) -> None:
    sha256 = site.find("1.2.3.103").sha256
    for frame in range(6):
        assert site.ask(f"/pixels/1.2.3.103/{frame}").headers["content-encoding"] == "identity"
    kept = site.server.data_dir / "frames" / sha256[:2] / sha256[2:]
    assert [path.name for path in kept.iterdir() if "identity" in path.name] == []


def test_pixels_are_bytes_and_nothing_a_browser_guesses(site: Site) -> None:
    answer = site.ask("/pixels/1.2.3.103/0")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_thumbnail_is_a_small_picture(site: Site) -> None:
    for uid, size in (("1.2.3.103", (128, 105)), ("1.2.3.104", (128, 128)), ("1.2.3.105", (96, 128))):
        answer = site.ask(f"/pixels/{uid}/thumbnail")
        if uid == "1.2.3.104":
            assert answer.status == 422  # its middle frame is damaged
            continue
        assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
        assert Image.open(io.BytesIO(answer.body)).size == size


@pytest.mark.parametrize("place", ["", "/0", "/thumbnail"])
@pytest.mark.parametrize(
    "uid",
    [
        GONE_UID,
        "1",
        "9" * 65,
        "1.2.3.103%00",
        "1.2.3.103%20",
        "1.2.3.103'--",
        "..",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "....//",
        "~",
        "library.sqlite",
        "*",
        "%d9%a3",
    ],
)
def test_a_uid_that_is_not_in_the_library_gives_nothing(site: Site, uid: str, place: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=20)
    request = f"GET /pixels/{uid}{place} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {site.cookie}\r\n\r\n"
    connection.connect()
    connection.sock.sendall(request.encode())
    answer = http.client.HTTPResponse(connection.sock)
    answer.begin()
    body = answer.read()
    connection.close()
    assert answer.status in (400, 404)
    assert answer.headers["cache-control"] == "no-store"
    assert b"root:" not in body and b"SQLite" not in body and b"Traceback" not in body
    assert uid.encode() not in body or uid in ("1", "..", "~", "*")


@pytest.mark.parametrize("frame", ["6", "-1", "0x0", "1e0", "99999999999999999999", "%30x", "", "٠", "0.0", "0/0"])
def test_a_frame_that_is_not_there_gives_nothing(site: Site, frame: str) -> None:
    assert site.ask(f"/pixels/1.2.3.103/{_quoted(frame)}").status in (301, 404)


@pytest.mark.parametrize("series", ["0", "-1", "999999", "1.0", "x", "99999999999999999999999", "%00"])
def test_a_series_that_is_not_there_gives_nothing(site: Site, series: str) -> None:
    assert site.ask(f"/series/{series}/images").status in (400, 404)


def _quoted(text: str) -> str:
    return "".join(c if c.isascii() else "".join(f"%{byte:02x}" for byte in c.encode()) for c in text)


@pytest.mark.parametrize(
    "path", ["/pixels/1.2.3.103", "/pixels/1.2.3.103/0", "/pixels/1.2.3.103/thumbnail", "/series/1/images"]
)
def test_only_a_session_of_this_server_is_answered(site: Site, path: str) -> None:
    forged = site.cookie[:-1] + ("0" if site.cookie[-1] != "0" else "1")
    for headers in ({}, {"Cookie": forged}, {"Cookie": site.cookie, "Origin": "http://evil.example"}):
        answer = site.server.ask(path, If_None_Match="*", **headers)
        assert answer.status == 403
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
    crossing = site.ask(path, Sec_Fetch_Site="cross-site")
    assert crossing.status == 403
    for method in ("POST", "PUT", "DELETE"):
        assert site.server.ask(path, method, b"", Cookie=site.cookie, Origin=site.server.url).status == 405


def test_what_was_deleted_is_gone_from_the_answers_and_from_the_disk(site: Site) -> None:
    instance = site.find("1.2.3.106")
    paths = [f"/pixels/1.2.3.106{place}" for place in ("", "/0", "/thumbnail")]
    tags = [site.ask(path, Accept_Encoding="zstd").headers["etag"] for path in paths]
    kept = site.server.data_dir / "frames" / instance.sha256[:2] / instance.sha256[2:]
    assert len(list(kept.iterdir())) >= 3
    (study,) = [row.id for row in site.library.studies().rows if row.patient_id == "DELETED"]
    (series,) = site.library.study(study).series
    site.library.delete_study(study, "Reader", "A test")
    assert not kept.exists()
    for path, tag in zip(paths, tags, strict=True):
        answer = site.ask(path, If_None_Match=tag, Accept_Encoding="zstd")
        assert (answer.status, answer.headers["cache-control"]) == (410, "no-store")
        assert json.loads(answer.body)["error"] == "The study of this image was deleted."
    assert site.ask(f"/series/{series.id}/images").status == 404
    assert not kept.exists()


def test_an_image_whose_file_is_lost_is_gone(site: Site) -> None:
    instance = site.find("1.2.3.107")
    instance.path.unlink()
    for place in ("", "/0", "/thumbnail"):
        assert site.ask(f"/pixels/1.2.3.107{place}").status == 410


def test_a_damaged_entry_of_the_cache_is_made_anew(site: Site) -> None:
    whole = site.ask("/pixels/1.2.3.6160/0", Accept_Encoding="zstd").body
    sha256 = site.find("1.2.3.6160").sha256
    for entry in (site.server.data_dir / "frames" / sha256[:2] / sha256[2:]).iterdir():
        entry.write_bytes(entry.read_bytes()[:-3] + b"\0\0\0")
    assert site.ask("/pixels/1.2.3.6160/0", Accept_Encoding="zstd").body == whole
    assert site.json("/pixels/1.2.3.6160")["rows"] == 5


def test_a_cache_that_is_removed_under_the_server_is_made_anew(site: Site) -> None:
    whole = site.ask("/pixels/1.2.3.104/0", Accept_Encoding="gzip").body
    shutil.rmtree(site.server.data_dir / "frames")
    assert site.ask("/pixels/1.2.3.104/0", Accept_Encoding="gzip").body == whole


def test_eight_browsers_at_once_get_the_same_without_an_error(site: Site) -> None:
    shutil.rmtree(site.server.data_dir / "frames", ignore_errors=True)
    uids = [instance.attributes.sop_instance_uid for instance in site.instances() if instance.path.exists()][:24]

    def browse(number: int) -> list[bytes]:
        order = uids[number:] + uids[:number]
        answers = {uid: site.ask(f"/pixels/{uid}/0", Accept_Encoding="zstd") for uid in order}
        assert {answer.status for answer in answers.values()} == {200}
        return [answers[uid].body for uid in uids]

    with ThreadPoolExecutor(8) as browsers:
        results = list(browsers.map(browse, range(8)))
    assert all(result == results[0] for result in results)


def test_between_two_pieces_of_a_body_the_server_hears_of_a_browser_that_has_gone() -> None:
    heard: list[int] = []

    async def listen() -> None:
        while True:
            heard.append(len(sent))
            await anyio.lowlevel.checkpoint()

    async def send(message: Message) -> None:
        sent.append(message)

    async def answer() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(listen)
            await BodyResponse(memoryview(bytes(4 * CHUNK)), {})({"type": "http"}, None, send)  # type: ignore[arg-type]
            group.cancel_scope.cancel()

    sent: list[Message] = []
    anyio.run(answer)
    assert b"".join(message.get("body", b"") for message in sent) == bytes(4 * CHUNK)
    assert {2, 3, 4} <= set(heard)  # one message begins the answer, the next are its pieces


def test_browsers_that_go_away_leave_the_server_answering(site: Site) -> None:
    shutil.rmtree(site.server.data_dir / "frames", ignore_errors=True)
    uids = [instance.attributes.sop_instance_uid for instance in site.instances() if instance.path.exists()]
    for uid in uids[:40]:
        with socket.create_connection(("127.0.0.1", site.server.port)) as connection:
            connection.sendall(
                f"GET /pixels/{uid}/0 HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {site.cookie}\r\n\r\n".encode()
            )
    assert site.ask("/pixels/1.2.3.103/5", Accept_Encoding="zstd").status == 200
    assert "Traceback" not in site.server.log.read_text()


def test_nothing_of_a_request_or_a_patient_is_logged(site: Site) -> None:
    site.ask(f"/pixels/{GONE_UID}/0")
    site.ask("/pixels/1.2.3.104/1")
    log = site.server.log.read_text()
    assert GONE_UID not in log and "1.2.3.104" not in log and "Invented" not in log and "/pixels" not in log

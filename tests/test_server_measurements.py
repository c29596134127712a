"""The routes of measurements, on a real server: what is saved comes back, and hostile bodies change nothing."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from medcore.errors import LibraryError
from medcore.library import Library
from medcore.server.measurement_body import read_measurement
from medcore.settings import REPOSITORY, Settings
from tests.films import make_film, write
from tests.servers import Answer, Server, running_server

JSON = "application/json"


@dataclass(frozen=True)
class Site:
    """A server with two studies of one film each."""

    server: Server
    cookie: str
    studies: tuple[int, int]
    films: tuple[str, str]

    def post(self, path: str, body: bytes | dict[str, Any], **headers: str) -> Answer:
        sent = {"Content_Type": JSON, "Origin": self.server.url, "Cookie": self.cookie} | headers
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.server.ask(path, "POST", data, **{name: value for name, value in sent.items() if value})

    def get(self, path: str) -> Answer:
        return self.server.ask(path, Cookie=self.cookie)

    def path(self, study: int = 0, end: str = "") -> str:
        return f"/studies/{self.studies[study]}/measurements{end}"

    def body(self, **values: Any) -> dict[str, Any]:
        known = {
            "uid": "0b8f9c1e-6f5d-4c1a-9b61-8f1d2f0f5a11",
            "sop_instance_uid": self.films[0],
            "frame": 0,
            "kind": "length",
            "points": [[0.5, 1], [3.5, 5]],
            "text": "",
            "values": {"length": 5.0},
            "unit": {"length": "mm", "value": ""},
            "reader": "A. Reader",
            "removed": False,
        }
        return known | values


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running server whose library holds two invented films, the second one synthetic."""
    folder = tmp_path_factory.mktemp("measurements")
    films = [make_film(PatientName="Doe^Jane", SeriesNumber=7, InstanceNumber=3), make_film(SyntheticData="YES")]
    paths = [write(ds, folder / "films" / str(number)) for number, ds in enumerate(films)]
    settings = Settings(data_dir=folder / "data", models_dir=REPOSITORY / "assets" / "models")
    with closing(Library.open(settings)) as library:
        studies = tuple(library.add([path]).studies[0] for path in paths)
    with running_server(folder) as server:
        yield Site(server, server.session_cookie(), (studies[0], studies[1]), tuple(ds.SOPInstanceUID for ds in films))  # type: ignore[arg-type]


def rows_of(answer: Answer) -> list[dict[str, str]]:
    assert answer.body.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))


def test_what_is_saved_is_answered_and_comes_back(site: Site) -> None:
    path, body = site.path(), site.body(uid="saved")
    answer = site.post(path, body)
    assert answer.status == 201
    saved = json.loads(answer.body)
    assert {name: saved[name] for name in body} == body
    assert saved["created_at"].endswith("+00:00")
    assert saved["reading"] is None
    assert saved in json.loads(site.get(path).body)
    assert site.post(path, body | {"removed": True}).status == 201
    assert saved["uid"] not in [one["uid"] for one in json.loads(site.get(path).body)]


def test_the_routes_are_closed_to_other_sites_and_to_clients_without_a_session(site: Site) -> None:
    for end in ("", ".csv", ".dcm"):
        assert site.server.ask(site.path(end=end)).status == 403
    assert site.post(site.path(), site.body(), Cookie="").status == 403
    assert site.post(site.path(), site.body(), Origin="http://evil.example").status == 403
    assert site.post(site.path(), site.body(), Origin="").status == 403


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_is_taken_so_that_no_form_of_another_site_can_write(site: Site, kind: str) -> None:
    answer = site.post(site.path(), site.body(uid="form"), Content_Type=kind)
    assert answer.status == 415
    assert "application/json" in json.loads(answer.body)["error"]


HOSTILE = [
    b"",
    b"no json",
    b"\xff\xfe",
    b"null",
    b"[]",
    b'"text"',
    b"[" * 60_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b"{" + b" " * 70_000 + b"}",
    b"9" * 60_000,
]


@pytest.mark.parametrize("body", HOSTILE)
def test_a_body_that_is_no_measurement_is_refused_with_a_sentence(site: Site, body: bytes) -> None:
    answer = site.post(site.path(), body)
    assert answer.status == 400
    assert json.loads(answer.body)["error"].endswith(".")


NO_TYPES: list[Any] = [None, True, [], {}, [[]], 1.5, "x", -1, 10**400]


@pytest.mark.parametrize(
    "name", ["uid", "sop_instance_uid", "frame", "kind", "points", "text", "values", "unit", "reader", "removed"]
)
def test_a_part_of_the_wrong_kind_is_refused_and_changes_nothing(site: Site, name: str) -> None:
    before = site.get(site.path()).body
    sound = site.body(uid=f"kind-{name}")
    for value in NO_TYPES:
        answer = site.post(site.path(), sound | {name: value})
        allowed = (name, json.dumps(value)) in {("uid", '"x"'), ("text", '"x"'), ("reader", '"x"')} or (
            name == "unit" and value == {}
        )
        assert answer.status == (201 if allowed else 400), (name, value, answer.body)
        if allowed:
            site.post(site.path(), sound | {name: value, "removed": True})
    assert site.get(site.path()).body == before


@pytest.mark.parametrize(
    "body",
    [
        '"points": [[0.5, NaN], [3, 5]]',
        '"points": [[0.5, Infinity], [3, 5]]',
        '"points": [[0.5, 1e999], [3, 5]]',
        '"points": [[0.5, 1e30], [3, 5]]',
        '"points": [["0", "1"], [3, 5]]',
        '"points": [[0, 1, 2], [3, 5]]',
        '"points": [{"0": 1, "1": 2}, [3, 5]]',
        '"values": {"length": NaN}',
        '"values": {"length": 1e999}',
        '"values": {"length": "5"}',
        '"values": {"length": true}',
        '"values": {"\\ud800": "x"}',
        '"values": {"length": 5, "__proto__": 5}',
        '"text": "\\ud800"',
        '"text": "\\u0000"',
        '"text": "\\u202e"',
        '"text": "' + "x" * 201 + '"',
        '"reader": ""',
        '"reader": " "',
        '"uid": "a/../b"',
        '"frame": 1',
        '"frame": 1e400',
        '"frame": ' + "9" * 4300,
        '"frame": -' + "9" * 4300,
        '"sop_instance_uid": "../../etc/passwd"',
        '"kind": "__class__"',
        '"unit": {"length": "parsec"}',
        '"unit": {"value": 1}',
    ],
)
def test_a_hostile_value_is_refused_with_a_sentence(site: Site, body: str) -> None:
    before = site.get(site.path()).body
    sent = json.dumps(site.body(uid="hostile"))[:-1] + ", " + body + "}"  # of two equal names the last one counts
    answer = site.post(site.path(), sent.encode())
    assert answer.status == 400
    assert json.loads(answer.body)["error"].endswith(".")
    assert site.get(site.path()).body == before


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
PARTS = ["uid", "sop_instance_uid", "frame", "kind", "points", "text", "values", "unit", "reader", "removed"]


@trials(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(st.dictionaries(st.sampled_from(PARTS), ANY_JSON))
def test_any_json_is_a_measurement_or_a_sentence(parts: dict[str, Any]) -> None:
    sound = {"uid": "a", "sop_instance_uid": "1.2", "frame": 0, "kind": "arrow", "points": [[0, 1]], "reader": "A"}
    try:
        found = read_measurement(json.dumps(sound | parts).encode())
    except LibraryError as error:
        assert str(error).endswith(".")
    else:
        assert all(type(number) is float for point in found.points for number in point)
        assert all(type(value) is float for value in found.values.values())
        assert type(found.frame) is int


def test_an_image_of_another_study_is_refused(site: Site) -> None:
    answer = site.post(site.path(), site.body(uid="elsewhere", sop_instance_uid=site.films[1]))
    assert answer.status == 400
    assert "does not belong to the study" in json.loads(answer.body)["error"]


@pytest.mark.parametrize("number", ["999", "0", "-1", "x", "1.0", "1e1", "9" * 30, "9" * 6000, "٣"])
@pytest.mark.parametrize("end", ["", ".csv", ".dcm"])
def test_a_study_that_is_not_there_is_not_found(site: Site, number: str, end: str) -> None:
    path = f"/studies/{number if number.isascii() else '%D9%A3'}/measurements{end}"
    assert site.get(path).status == 404
    if not end:
        assert site.post(path, site.body()).status == 404


def test_a_report_of_nothing_is_a_sentence_and_a_page_for_who_followed_a_link(site: Site) -> None:
    path = site.path(1, ".dcm")
    answer = site.get(path)
    assert answer.status == 422
    assert "no measurements in this study yet" in json.loads(answer.body)["error"]
    page = site.server.ask(path, Cookie=site.cookie, Accept="text/html")
    assert page.status == 422
    assert page.headers["content-type"].startswith("text/html")
    assert b"no measurements in this study yet" in page.body


def test_the_report_is_a_dicom_file_of_the_current_measurements(site: Site) -> None:
    site.post(site.path(), site.body(uid="r1"))
    current = json.loads(site.get(site.path()).body)
    answer = site.get(site.path(end=".dcm"))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/dicom"
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="measurements-of-study-{site.studies[0]}.dcm"'
    )
    ds = pydicom.dcmread(io.BytesIO(answer.body))
    assert (ds.Modality, ds.PatientName) == ("SR", "Doe^Jane")
    assert len(ds.ContentSequence[-1].ContentSequence) == len(current)
    site.post(site.path(), site.body(uid="r1", removed=True))


def test_the_table_has_one_row_a_measurement_in_a_clinicians_words_and_no_patient(site: Site) -> None:
    values = {"mean": -3.5, "standard_deviation": 2, "area": 12, "minimum": -9, "maximum": 4, "pixels": 48}
    corners = [[0, 0], [3, 0], [0, 4], [3, 4]]
    site.post(site.path(), site.body(uid="t1", unit={"length": "mm at the detector", "value": ""}, text="Größe"))
    site.post(site.path(), site.body(uid="t2", kind="rectangle", points=corners, values=values, unit={"value": "HU"}))
    answer = site.get(site.path(end=".csv"))
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="measurements-of-study-{site.studies[0]}.csv"'
    )
    line, region = rows_of(answer)
    assert (line["Kind"], line["Length at the detector (mm)"], line["Length (mm)"]) == ("length", "5.0", "")
    assert (line["Series number"], line["Image number in series"], line["Frame"]) == ("7", "3", "1")
    assert (line["Text"], line["Reader"], line["Synthetic"]) == ("Größe", "A. Reader", "")
    assert (region["Mean"], region["Minimum"], region["Area (square pixels)"]) == ("-3.5", "-9.0", "12.0")
    assert region["Unit of mean, deviation, minimum, maximum and value"] == "HU"
    for identity in (b"Doe", b"Jane", b"TEST-1", b"1.2.826"):
        assert identity not in answer.body


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1", '=HYPERLINK("http://evil.example")'])
def test_no_text_becomes_a_formula_in_a_spreadsheet(site: Site, text: str) -> None:
    body = site.body(uid="formula", sop_instance_uid=site.films[1], text=text, reader=text)
    assert site.post(site.path(1), body).status == 201
    (row,) = rows_of(site.get(site.path(1, ".csv")))
    assert row["Text"] == row["Reader"] == f"'{text.strip()}"
    assert row["Synthetic"] == "SYNTHETIC"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a;=1+1", "a;'=1+1"),
        ('";"=1+1', '";\'"=1+1'),
        ("﹦1", "'﹦1"),
        ("a=1; b-1; c", "a=1; b-1; c"),
        ("2 - 1", "2 - 1"),
    ],
)
def test_no_text_begins_a_formula_where_a_semicolon_divides_cells(site: Site, text: str, written: str) -> None:
    body = site.body(uid="divided", sop_instance_uid=site.films[1], text=text)
    assert site.post(site.path(1), body).status == 201
    (row,) = (one for one in rows_of(site.get(site.path(1, ".csv"))) if one["Text"] == written)
    site.post(site.path(1), body | {"removed": True})


def test_many_save_at_once_and_nothing_is_lost(site: Site) -> None:
    from concurrent.futures import ThreadPoolExecutor

    bodies = [site.body(uid=f"at-once-{number}", sop_instance_uid=site.films[0]) for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: site.post(site.path(), body), bodies))
    assert {answer.status for answer in answers} == {201}
    kept = {one["uid"] for one in json.loads(site.get(site.path()).body)}
    assert {body["uid"] for body in bodies} <= kept
    for body in bodies:
        site.post(site.path(), body | {"removed": True})


def test_the_log_says_nothing_of_what_was_sent(site: Site) -> None:
    site.post(site.path(), site.body(uid="log", text="Doe Jane was here", kind="nothing"))
    assert "Doe" not in Path(site.server.log).read_text()

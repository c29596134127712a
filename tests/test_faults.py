import io
import logging
from collections.abc import Iterator

import pytest

from medcore.errors import PixelError
from medcore.faults import describe_fault, keep_logs_private, log_fault

NAME = "Doe^Jane"


def fault(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    monkeypatch.setattr("threading.excepthook", None)
    monkeypatch.setattr("sys.excepthook", None)
    factory = logging.getLogRecordFactory()
    keep_logs_private()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
    logging.setLogRecordFactory(factory)


def test_a_foreign_exception_is_named_by_type_and_place_without_its_message():
    described = describe_fault(fault(ValueError(NAME)))
    assert described.startswith("ValueError at tests/test_faults.py:")
    assert described.endswith(" fault")
    assert NAME not in described


def test_an_error_of_ours_is_quoted_and_its_cause_named_by_type_only():
    try:
        raise PixelError("The pixels are damaged.") from ValueError(NAME)
    except PixelError as error:
        described = describe_fault(error)
    assert described.startswith("PixelError (The pixels are damaged.) from ValueError at ")
    assert NAME not in described


def test_no_library_can_log_the_message_of_an_exception(log: io.StringIO):
    other = logging.getLogger("another.library")
    try:
        raise ValueError(NAME)
    except ValueError as error:
        other.exception("It failed")
        other.error("It failed: %s", error)
        other.error("It failed", exc_info=error)
    written = log.getvalue()
    assert NAME not in written
    assert written.count("ValueError at tests/test_faults.py:") == 3
    assert "Traceback" not in written


def test_a_reference_finds_its_line_in_the_log(log: io.StringIO):
    reference = log_fault(fault(KeyError(NAME)))
    assert f"Reference {reference}: KeyError at " in log.getvalue()
    assert NAME not in log.getvalue()
    assert log_fault(fault(KeyError(NAME))) != reference


def test_an_ordinary_record_is_written_as_it_is(log: io.StringIO):
    logging.getLogger("another.library").warning("%d of %s", 3, "four")
    assert log.getvalue() == "3 of four\n"

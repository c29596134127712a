"""What went wrong, said so that neither the log nor the screen can name a patient.

Messages of foreign exceptions quote values, and values may be a patient's. The log therefore holds the type
of an exception and the places in the code it came through; only a MedcoreError, whose text is ours, is quoted.
"""

import logging
import secrets
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

from medcore.errors import MedcoreError

LOG = logging.getLogger("medcore")
FRAMES_SHOWN = 6  # innermost ones; more of them are the frameworks' own
ROOT = Path(__file__).resolve().parents[1]


def describe_fault(error: BaseException) -> str:
    """Name an exception's type, its causes' types and the innermost places in the code, without its message."""
    places = [_place(frame) for frame in traceback.extract_tb(error.__traceback__)]
    return f"{_name(error)} at {' < '.join(reversed(places[-FRAMES_SHOWN:])) or 'an unknown place'}"


def _name(error: BaseException) -> str:
    name = type(error).__name__ + (f" ({error})" if isinstance(error, MedcoreError) else "")
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return name if cause is None else f"{name} from {type(cause).__name__}"


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    short = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(*path.parts[-2:])
    return f"{short}:{frame.lineno} {frame.name}"


def log_fault(error: BaseException) -> str:
    """Write an exception to the log under a new reference number, and return the number."""
    reference = secrets.token_hex(3).upper()
    LOG.error("Reference %s: %s", reference, describe_fault(error))
    return reference


def keep_logs_private() -> None:
    """Strip messages of foreign exceptions from every log record of this process, whichever library writes it."""
    make_record = logging.getLogRecordFactory()

    def make_private_record(*args: object, **kwargs: object) -> logging.LogRecord:
        record: logging.LogRecord = make_record(*args, **kwargs)
        if record.exc_info and record.exc_info[1]:
            record.exc_text = describe_fault(record.exc_info[1])
        record.exc_info = None
        if isinstance(record.args, tuple):
            record.args = tuple(describe_fault(a) if isinstance(a, BaseException) else a for a in record.args)
        return record

    logging.setLogRecordFactory(make_private_record)
    threading.excepthook = _log_thread_fault
    sys.excepthook = _log_last_fault


def _log_thread_fault(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        LOG.error("A thread ended: %s", describe_fault(args.exc_value))


def _log_last_fault(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    LOG.critical("The process ended: %s", describe_fault(error))

"""A clinician's words for the library's keys."""

import re
from collections.abc import Iterable
from datetime import datetime

from medcore.library import FINDINGS, StoredPrediction, percent
from medcore.library.standing import sentence_case

WITH_A_SIDE = frozenset({"bacterial", "viral", "effusion", "collapse", "other"})
CAUSES = frozenset({"bacterial", "viral"})
SIDES = {"right": "Right", "left": "Left", "both": "Both"}
CONFIDENCES = {"low": "Unsure", "medium": "Fairly sure", "high": "Sure"}
ACTIONS = {"accept": "Accepted", "reject": "Rejected", "amend": "Amended"}

JOINER = "\u2060"  # shows nothing, and keeps what stands before it apart from what follows


def with_side(finding: str, side: str) -> str:
    """Name a finding, and its side where it has one."""
    label = FINDINGS.get(finding, finding)
    return f"{label}, {SIDES[side].lower()}" if side in SIDES else label


def target_names(prediction: StoredPrediction) -> dict[str, str]:
    """Name what the heatmaps of an answer can show: the finding, its kinds, and none."""
    wanted = dict.fromkeys((prediction.finding, *prediction.kinds, prediction.negative))
    return {name: sentence_case(name) for name in wanted if name in prediction.maps}


def names_cause(classes: Iterable[str]) -> bool:
    """Say whether classes name what caused a pneumonia, which a film cannot settle."""
    return not CAUSES.isdisjoint(classes)


def moment(when: datetime) -> str:
    """Write a moment as the clock on the wall showed it."""
    return f"{when.astimezone():%d %b %Y, %H:%M}"


def size(count: int) -> str:
    """Write a number of bytes in the unit that fits."""
    value = float(count)
    for unit in ("bytes", "KB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Count things in words: 1 image, 2 images, 3 studies."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Write about how long something takes."""
    if seconds < 90:
        return f"{max(seconds, 10):.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"


def plain(text: str) -> str:
    """Write what somebody typed so that a label shows it as it is: no Markdown, no icons, no arrows."""
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
    return re.sub(r"([:<>()-])", f"\\1{JOINER}", escaped)


def percent_range(low: float, high: float) -> str:
    """Write two probabilities as one range: 81 to 92 %."""
    first, last = percent(low), percent(high)
    if first == last:
        return last
    if last.startswith("over") != first.startswith("under"):
        return f"{first} or more" if last.startswith("over") else f"{last} or less"
    return f"{first.removesuffix(' %')} to {last}"

"""What could not be made of an image, remembered for a while, so that a hostile file is not tried for every browser."""

import time
from collections import OrderedDict
from collections.abc import Hashable

KEPT, KEPT_S = 10_000, 300.0  # for so long: a decoder may have failed for want of memory, which comes back


class Failures:
    """Remembers sentences by what they are about; any thread may ask and add."""

    def __init__(self) -> None:
        self._reasons: OrderedDict[Hashable, tuple[float, str]] = OrderedDict()

    def reason(self, key: Hashable) -> str:
        """Return why something failed a while ago, "" where nothing is known."""
        at, reason = self._reasons.get(key, (0.0, ""))
        return reason if time.monotonic() - at < KEPT_S else ""

    def add(self, key: Hashable, reason: str) -> None:
        """Remember why something failed; the oldest is forgotten where there are too many."""
        self._reasons[key] = (time.monotonic(), reason)
        self._reasons.move_to_end(key)
        if len(self._reasons) > KEPT:
            self._reasons.popitem(last=False)

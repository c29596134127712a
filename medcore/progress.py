"""A progress bar for commands."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


class Progress:
    """A progress bar on standard error that learns its length on the way."""

    def __init__(self, label: str) -> None:
        self._bar = click.progressbar(length=1, label=label, file=sys.stderr, show_pos=True)

    def __call__(self, done: int, total: int | None) -> None:
        """Show that `done` of `total` are done; None means that the total is not known yet."""
        self._bar.length = max(total or done, 1)
        self._bar.update(done - self._bar.pos)

    def finish(self) -> None:
        """Leave the terminal as it was."""
        self._bar.render_finish()


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """Show a progress bar while the block runs."""
    bar = Progress(label)
    try:
        yield bar
    finally:
        bar.finish()

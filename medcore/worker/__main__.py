"""Start the worker as a process: `python -m medcore.worker`."""

import argparse
import logging
import os
import sys

from medcore.faults import keep_logs_private
from medcore.processes import exit_with_parent
from medcore.settings import Settings
from medcore.worker.loop import run_worker


def main() -> None:
    """Run jobs until told to stop, or until the server that started this process has gone."""
    parser = argparse.ArgumentParser(prog="python -m medcore.worker", description=__doc__)
    parser.add_argument("--parent", type=int, help="process number of the server; without it, end with nobody")
    parent = parser.parse_args().parent
    if parent is not None:
        if os.getppid() != parent:  # it ended while this process was starting
            sys.exit(1)
        exit_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    keep_logs_private()
    run_worker(Settings.from_environment())


if __name__ == "__main__":
    main()

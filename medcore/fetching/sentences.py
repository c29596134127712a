"""What ends a download, in one sentence: foreign messages quote addresses and folders."""

from collections.abc import Iterator
from contextlib import contextmanager

from medcore.errors import MedcoreError
from medcore.fetching.published import Publication


@contextmanager
def in_a_sentence(publication: Publication) -> Iterator[None]:
    """Raise a MedcoreError for whatever ends the block.

    Raises
    ------
    MedcoreError
        For a network, a server or a disk that refuses, a file of another hash, and the user's Ctrl-C.
    """
    try:
        yield
    except (KeyboardInterrupt, ValueError, OSError) as error:
        raise MedcoreError(_explain(error, publication)) from error


def _explain(error: BaseException, publication: Publication) -> str:
    from requests.exceptions import HTTPError, RequestException, SSLError

    host, name = publication.host, publication.name
    if isinstance(error, KeyboardInterrupt):
        return f"The download was interrupted, and what had come of {name} is deleted. Start it again when you like."
    if isinstance(error, HTTPError) and error.response is not None:
        return f"The server answered {error.response.status_code} instead of {name}. {by_hand(publication)}"
    if isinstance(error, SSLError):
        return f"The certificate of {host} could not be verified, so nothing was downloaded. Check clock and proxy."
    if isinstance(error, RequestException):  # an OSError too, and some are ValueErrors
        return (
            f"{host} does not answer, or the connection broke off; nothing of {name} is kept. "
            "Check the network, and start again."
        )
    if isinstance(error, ValueError):  # pooch's own for a wrong hash
        return not_the_file(publication, "of another SHA-256")
    reason = getattr(error, "strerror", None) or "permission denied"
    return f"{name} cannot be written to the folder ({reason.lower()}). Make room, or name another folder."


def not_the_file(publication: Publication, difference: str) -> str:
    """Say that what came is something else, and in what it differs."""
    return (
        f"What came is not the {publication.name} that MedCore knows ({difference}) and was deleted. "
        f"Expected are {publication.size:,} bytes of SHA-256 {publication.sha256[:12]}…. Start again later."
    )


def by_hand(publication: Publication) -> str:
    """Say how the file comes without this command's download."""
    return (
        f"Get {publication.name} with a browser from https://doi.org/{publication.doi}, put it into the folder and "
        "run the command again."
    )

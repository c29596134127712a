"""Published films from the network, for whoever trains: the only part of MedCore that goes out, when told to."""

from medcore.fetching.downloading import check_room, download, is_here
from medcore.fetching.published import CHEST_FILMS, Publication
from medcore.fetching.unpacking import TABLE, write_films

__all__ = ["CHEST_FILMS", "TABLE", "Publication", "check_room", "download", "is_here", "write_films"]

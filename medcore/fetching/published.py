"""What can be fetched: a published set of films, where its publisher keeps it, and how its file is known again."""

from dataclasses import dataclass
from urllib.parse import urlsplit

STORE = "prod-dcd-datasets-public-files-eu-west-1"  # the bucket of Mendeley Data's public files


@dataclass(frozen=True)
class Publication:
    """One file of a published set."""

    title: str
    doi: str  # of the version, so that what it names never changes
    licence: str
    name: str
    url: str
    origins: tuple[str, ...]  # scheme and host of every server that may be asked, redirects included
    size: int  # bytes
    sha256: str
    films: int

    @property
    def host(self) -> str:
        """The server that is asked first."""
        return urlsplit(self.url).netloc

    @property
    def store(self) -> str:
        """The server that the file itself comes from."""
        return urlsplit(self.origins[-1]).netloc

    def describe(self) -> str:
        """Tell a person what would be downloaded, from where, and on what terms."""
        return (
            f"{self.title}\n"
            f"Licence: {self.licence}, doi {self.doi}\n"
            f"Host:    {self.host}, which hands over to {self.store}\n"
            f"File:    {self.name}, {self.size:,} bytes ({self.size / 1e9:.2f} GB)"
        )


CHEST_FILMS = Publication(
    title=(
        'Kermany, Zhang, Goldbaum: "Labeled Optical Coherence Tomography (OCT) and Chest X-Ray Images for '
        'Classification", Mendeley Data'
    ),
    doi="10.17632/rscbjbr9sj.2",  # version 3 has the same films under other names, in a file of 8 GB with others
    licence="CC BY 4.0",
    name="ChestXRay2017.zip",
    url=(
        "https://data.mendeley.com/public-files/datasets/rscbjbr9sj/files/"
        "f12eaf6d-6023-432f-acc9-80c9d7393433/file_downloaded"
    ),
    origins=(
        "https://data.mendeley.com",
        f"https://{STORE}.s3.amazonaws.com",
        f"https://{STORE}.s3.eu-west-1.amazonaws.com",
    ),
    size=1_235_512_464,
    sha256="13efc055629733dbab07877f8b3c9f81097840dbcdaa326a8542322c2281ce36",
    films=5_856,
)

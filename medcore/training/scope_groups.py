"""Pictures of every kind at hand: those that a model should answer for, and those that it should refuse."""

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from medcore.classifier.network import INPUT_SIZE
from medcore.training.copies import stored_at, with_copies
from medcore.training.shift import Change, bordered, changed, cropped, gamma, rotated

AT_64_PIXELS = 64 / INPUT_SIZE[0]
BODY_PARTS = "body-part-64"
PARTS = {
    "Hand": "hands",
    "HeadCT": "CT of heads",
    "AbdomenCT": "CT of abdomens",
    "ChestCT": "CT of chests",
    "BreastMRI": "MR of breasts",
    "CXR": "adults' chest films",
}
VALIDATION = "films kept aside"
COARSE = "films kept aside, at 64 pixels"
COARSE_CHESTS = "adults' chest films, at 64 pixels"
ADULTS = "chest-xray-adult"
SERIES = {"slices of a CT of the head": "dicom/ct-head-series", "slices of an MR of the head": "dicom/mr-head-series"}
ULTRASOUND = ("examples_palette.dcm", "examples_rgb_color.dcm", "examples_ybr_color.dcm", "examples_jpeg2k.dcm")
IMAGES = (".jpg", ".jpeg", ".png")
SYNTHETIC = 40  # pictures of each synthetic kind
SAME: dict[str, Change] = {  # none of these may be refused
    "mirrored": lambda film: film[:, ::-1],
    "turned by 5 degrees": rotated(5),
    "5 % cut off each side": cropped(0.05),
    "outer 10 % of each side black": bordered(0.1),
    "gamma 0.7": gamma(0.7),
    "gamma 1.4": gamma(1.4),
    "at 64 pixels": stored_at(AT_64_PIXELS),
}
SPOILT: dict[str, Change] = {  # each of these should be refused
    "inverted": lambda film: 255 - film,
    "upside down": lambda film: film[::-1, ::-1],
    "turned to the left": np.rot90,
    "turned to the right": partial(np.rot90, k=-1),
}


@dataclass(frozen=True, eq=False)
class Group:
    """Pictures of one kind."""

    name: str
    films: np.ndarray  # (n, 224, 224), 0 to 255
    in_scope: bool


def scope_groups(validation: np.ndarray, data: Path) -> dict[str, Callable[[], Group | None]]:
    """Name every group; each is made when it is asked for, since all at once would take gigabytes.

    Parameters
    ----------
    validation : numpy.ndarray, shape (n, 224, 224)
        Films that should be answered, 0 to 255.
    data : Path
        The folder of real pictures; a group whose pictures are not there is made to None.
    """

    def group(name: str, films: Callable[[], np.ndarray | None], in_scope: bool) -> Group | None:
        made = films()
        return None if made is None else Group(name, made, in_scope)

    def films_after(change: Change) -> Callable[[], np.ndarray]:
        return lambda: changed(validation, change)

    in_scope: dict[str, Callable[[], np.ndarray | None]] = {
        VALIDATION: lambda: validation.astype(np.float32),
        "films kept aside, changed at random": lambda: with_copies(validation, seed=2)[len(validation) :],
    }
    in_scope |= {f"films kept aside, {name}": films_after(change) for name, change in SAME.items()}
    outside: dict[str, Callable[[], np.ndarray | None]] = {
        f"films kept aside, {name}": films_after(change) for name, change in SPOILT.items()
    }
    outside |= {
        f"{said}, at 64 pixels": partial(reported_half, data / BODY_PARTS / part) for part, said in PARTS.items()
    }
    outside["adults' chest films"] = partial(read_pictures, data / ADULTS)
    outside |= {name: partial(read_slices, data / folder) for name, folder in SERIES.items()}
    outside |= {"ultrasound": read_ultrasound, "photographs": read_photographs}
    outside |= {"noise": noise, "gray gradients": gradients}
    both = [(name, make, True) for name, make in in_scope.items()]
    both += [(name, make, False) for name, make in outside.items()]
    return {name: partial(group, name, make, fits) for name, make, fits in both}


def reported_half(folder: Path) -> np.ndarray | None:
    """Read every second picture of a folder: the others were looked at when the method was chosen."""
    films = read_pictures(folder)
    return None if films is None else films[1::2]


def read_pictures(folder: Path) -> np.ndarray | None:
    """Read a folder's pictures, in the order of their names, as the network sees them; None where there are none."""
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in IMAGES) if folder.is_dir() else []
    pictures = [cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in files]
    return _stacked([picture for picture in pictures if picture is not None])


def read_slices(folder: Path) -> np.ndarray | None:
    """Read a folder's DICOM images as the network would be shown them; None where there are none."""
    return _shown(sorted(folder.iterdir())) if folder.is_dir() else None


def read_ultrasound() -> np.ndarray | None:
    """Read the ultrasound images that come with pydicom."""
    folder = _package("pydicom") / "data" / "test_files"
    return _shown([file for name in ULTRASOUND if (file := folder / name).exists()])


def read_photographs() -> np.ndarray | None:
    """Cut the photographs that come with scikit-learn into overlapping squares; None where it is not installed."""
    files = sorted((_package("sklearn") / "datasets" / "images").glob("*.jpg"))
    read = [cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) for file in files]
    gray = [picture for picture in read if picture is not None]
    corners = [(top, left) for top in range(0, 107, 53) for left in range(0, 320, 53)]
    return _stacked([image[top : top + 320, left : left + 320] for image in gray for top, left in corners])


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else Path("not installed")


def noise() -> np.ndarray:
    """Make noise, from as fine as the film's pixels to as coarse as a few patches."""
    generator = np.random.default_rng(4)
    sides = [int(side) for side in np.geomspace(4, INPUT_SIZE[0], SYNTHETIC)]
    patches = [generator.uniform(0, 255, (side, side)).astype(np.float32) for side in sides]
    return np.stack([cv2.resize(patch, INPUT_SIZE[::-1], interpolation=cv2.INTER_LINEAR) for patch in patches])


def gradients() -> np.ndarray:
    """Make even gradients from black to white in all directions."""
    down, across = np.mgrid[-1 : 1 : INPUT_SIZE[0] * 1j, -1 : 1 : INPUT_SIZE[1] * 1j]
    angles = np.linspace(0, 2 * np.pi, SYNTHETIC, endpoint=False)
    ramps = [np.sin(angle) * down + np.cos(angle) * across for angle in angles]
    return np.stack([(255 * (ramp - ramp.min()) / np.ptp(ramp)).astype(np.float32) for ramp in ramps])


def _shown(files: list[Path]) -> np.ndarray | None:
    from medcore.dicom import display_values, read_frame
    from medcore.errors import MedcoreError

    def shown() -> Iterator[np.ndarray]:
        for file in files:
            try:
                yield display_values(read_frame(file), INPUT_SIZE)
            except MedcoreError:  # a series' index is no image
                continue

    return _stacked(list(shown()))


def _stacked(pictures: list[np.ndarray]) -> np.ndarray | None:
    if not pictures:
        return None
    sized = [
        cv2.resize(picture.astype(np.float32), INPUT_SIZE[::-1], interpolation=cv2.INTER_AREA) for picture in pictures
    ]
    return np.stack(sized)

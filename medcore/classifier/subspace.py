"""How far a point is from a cloud of points: near along the axes in which the cloud is wide, far beside them.

Source: Tipping and Bishop, Probabilistic Principal Component Analysis, J. R. Stat. Soc. B 61 (1999): a Gaussian with a
variance of its own along each of a few axes, and one variance for all directions beside them.
"""

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medcore.errors import ModelError


@dataclass(frozen=True, eq=False)
class Subspace:
    """A cloud of points in d dimensions by its mean and its k widest axes."""

    mean: np.ndarray  # (d,)
    axes: np.ndarray  # (k, d), of length 1 and at right angles
    variances: np.ndarray  # (k,), along each axis
    rest: float  # mean variance along the other d - k directions

    @classmethod
    def fit(cls, points: np.ndarray, axes: int) -> "Subspace":
        """Find the widest axes of points, shape (n, d); `axes` is k, below d."""
        exact = np.asarray(points, np.float64)
        mean = exact.mean(axis=0)
        variances, directions = np.linalg.eigh(np.cov(exact, rowvar=False, bias=True))  # the narrowest first
        widest = slice(-1, -1 - axes, -1)
        return cls(mean, directions[:, widest].T, variances[widest], float(variances[:-axes].mean()))

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Return the squared Mahalanobis distance of each point over d: 1 on average for the cloud's own points.

        Parameters
        ----------
        points : numpy.ndarray, shape (n, d)

        Returns
        -------
        numpy.ndarray, shape (n,), float64
        """
        offsets = np.asarray(points, np.float64) - self.mean
        along = offsets @ self.axes.T
        beside = (offsets**2).sum(axis=1) - (along**2).sum(axis=1)
        total = (along**2 / self.variances).sum(axis=1) + beside / self.rest
        return np.asarray(total / len(self.mean))


def write_subspace(file: Path, subspace: Subspace, limit: float) -> None:
    """Write a cloud and the distance up to which a point belongs to it, as one NumPy archive of float32 arrays."""
    parts = {name: np.asarray(value, np.float32) for name, value in vars(subspace).items()}
    np.savez_compressed(file, limit=np.float32(limit), **parts)  # type: ignore[arg-type]  # its stubs mistake names


def read_subspace(file: Path) -> tuple[Subspace, float]:
    """Read what `write_subspace` wrote.

    Raises
    ------
    ModelError
        If the file is missing or not what it should be.
    """
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as parts:
            mean, axes, variances = (parts[name].astype(np.float64) for name in ("mean", "axes", "variances"))
            rest, limit = float(parts["rest"]), float(parts["limit"])
            if axes.shape != (len(variances), len(mean)):
                raise ValueError("the axes do not match the mean")
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(
            f"The model {file.parent.name} has no readable {file.name}. Restore the folder from MedCore's own files or "
            "a backup."
        ) from error
    return Subspace(mean, axes, variances, rest), limit

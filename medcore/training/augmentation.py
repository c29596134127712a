"""Vary a film as another exposure, on another machine, of the same child would."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Augmentation:
    """The largest change of each kind; every film draws its own."""

    rotation_degrees: float = 10.0
    shift: float = 0.06  # share of the film's side
    zoom: float = 0.08  # share of the film's size
    gamma: float = 0.25  # of the exponent's natural logarithm
    contrast: float = 0.15  # share of the gray values
    brightness: float = 15.0  # gray values, of 255
    detail: float = 1.0  # share of the fine detail (below about 2 pixels) that is taken away or added
    noise: float = 4.0  # gray values, standard deviation
    jpeg_quality: int = 50  # half of the films are compressed, at this quality or better


def augment(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    """Return one random variation of a film.

    Parameters
    ----------
    film : numpy.ndarray, shape (rows, columns), uint8
        0 (black) to 255 (white).
    settings : Augmentation
    generator : numpy.random.Generator

    Returns
    -------
    numpy.ndarray, shape (rows, columns), float32
        0 to 255.
    """
    moved = _move(film.astype(np.float32), settings, generator)
    return _resample(_expose(moved, settings, generator), settings, generator)


def _move(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    rows, columns = film.shape
    angle = generator.uniform(-settings.rotation_degrees, settings.rotation_degrees)
    scale = 1 + generator.uniform(-settings.zoom, settings.zoom)
    matrix = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), angle, scale)
    matrix[:, 2] = matrix[:, 2] + generator.uniform(-settings.shift, settings.shift, 2) * np.array([columns, rows])
    moved = cv2.warpAffine(film, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=0)
    return moved[:, ::-1] if generator.random() < 0.5 else moved


def _expose(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    gamma = float(np.exp(generator.uniform(-settings.gamma, settings.gamma)))
    contrast = 1 + generator.uniform(-settings.contrast, settings.contrast)
    brightness = generator.uniform(-settings.brightness, settings.brightness)
    exposed = 255 * (np.clip(film, 0, 255) / 255) ** gamma * contrast + brightness
    return np.asarray(np.clip(exposed, 0, 255), np.float32)


def _resample(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    """Vary what another resizer would change: the public films were compressed at 224 pixels, a DICOM film was not."""
    gain = generator.uniform(-settings.detail, settings.detail)
    varied = film + gain * (film - cv2.GaussianBlur(film, (5, 5), 1.0))
    varied += generator.uniform(0, settings.noise) * generator.standard_normal(film.shape, np.float32)
    if settings.jpeg_quality < 100 and generator.random() < 0.5:
        quality = int(generator.integers(settings.jpeg_quality, 100))
        options = [cv2.IMWRITE_JPEG_QUALITY, quality]
        _, code = cv2.imencode(".jpg", np.rint(np.clip(varied, 0, 255)).astype(np.uint8), options)
        varied = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE)
    return np.asarray(np.clip(varied, 0, 255), np.float32)

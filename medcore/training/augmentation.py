"""Vary a film as another exposure of the same child would: mirrored, turned, shifted, brighter or darker."""

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
    blur_pixels: float = 0.6  # standard deviation: films come through other resizers than these


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
    return _expose(moved, settings, generator)


def _move(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    rows, columns = film.shape
    angle = generator.uniform(-settings.rotation_degrees, settings.rotation_degrees)
    scale = 1 + generator.uniform(-settings.zoom, settings.zoom)
    matrix = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), angle, scale)
    matrix[:, 2] = matrix[:, 2] + generator.uniform(-settings.shift, settings.shift, 2) * np.array([columns, rows])
    moved = cv2.warpAffine(film, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=0)
    return moved[:, ::-1] if generator.random() < 0.5 else moved


def _expose(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    gamma = np.exp(generator.uniform(-settings.gamma, settings.gamma))
    contrast = 1 + generator.uniform(-settings.contrast, settings.contrast)
    brightness = generator.uniform(-settings.brightness, settings.brightness)
    exposed = 255 * (np.clip(film, 0, 255) / 255) ** gamma * contrast + brightness
    sigma = generator.uniform(0, settings.blur_pixels)
    softened = cv2.GaussianBlur(exposed, (5, 5), sigma) if sigma > 0.2 else exposed
    return np.asarray(np.clip(softened, 0, 255), np.float32)

"""Vary a film as another exposure, on another machine, of the same child would."""

from dataclasses import dataclass, replace

import cv2
import numpy as np


@dataclass(frozen=True)
class Augmentation:
    """The largest change of each kind; every film draws its own."""

    mirrored: bool = True  # half of the films left to right
    upended: bool = False  # half of the films top to bottom, for pictures that have no top
    rotation_degrees: float = 10.0
    shift: float = 0.06  # share of the film's side
    zoom: float = 0.08  # share of the film's size
    aspect: float = 0.0  # share of the height over the width
    gamma: float = 0.25  # of the exponent's natural logarithm
    contrast: float = 0.15  # share of the gray values
    brightness: float = 15.0  # gray values, of 255
    shading: float = 0.0  # gray values, of 255, that one side of the film gains and the other loses
    coarsest: float = 1.0  # half of the films are reduced, to this share of the resolution or better
    detail: float = 1.0  # share of the fine detail (below about 2 pixels) that is taken away or added
    noise: float = 4.0  # gray values, standard deviation
    jpeg_quality: int = 50  # half of the films are compressed, at this quality or better
    erased: float = 0.0  # half of the films lose a rectangle, its sides up to this share of the film's
    bordered: float = 0.0  # half of the films lose their sides to black, each up to this share of the film's

    def weakened(self, strength: float) -> "Augmentation":
        """Return changes that are a share as large; 1 for these, 0 for none but mirror images and black borders."""
        ranges = ("rotation_degrees", "shift", "zoom", "aspect", "gamma", "contrast", "brightness", "shading")
        smaller = {name: getattr(self, name) * strength for name in (*ranges, "detail", "noise", "erased")}
        quality = round(100 - (100 - self.jpeg_quality) * strength)
        return replace(self, coarsest=self.coarsest**strength, jpeg_quality=quality, **smaller)


def augment(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    """Return one random variation of a film.

    Parameters
    ----------
    film : numpy.ndarray, shape (rows, columns) or (rows, columns, channels), uint8
        0 (black) to 255 (white).
    settings : Augmentation
    generator : numpy.random.Generator

    Returns
    -------
    numpy.ndarray, same shape, float32
        0 to 255.
    """
    exposed = _expose(_move(film.astype(np.float32), settings, generator), settings, generator)
    varied = _resample(_shutter(exposed, settings, generator), settings, generator)
    return _erase(varied.reshape(film.shape), settings, generator)


def _move(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    rows, columns = film.shape[:2]
    angle = generator.uniform(-settings.rotation_degrees, settings.rotation_degrees)
    scale = 1 + generator.uniform(-settings.zoom, settings.zoom)
    stretch = np.exp(generator.uniform(-settings.aspect, settings.aspect) / 2)
    center = np.array([(columns - 1) / 2, (rows - 1) / 2])
    matrix = cv2.getRotationMatrix2D(center.tolist(), angle, scale)
    matrix = np.array([[1 / stretch], [stretch]]) * matrix
    offset = generator.uniform(-settings.shift, settings.shift, 2) * np.array([columns, rows])
    matrix[:, 2] += center + offset - matrix @ np.append(center, 1)
    moved = cv2.warpAffine(film, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=0)
    if settings.mirrored and generator.random() < 0.5:
        moved = moved[:, ::-1]
    return moved[::-1] if settings.upended and generator.random() < 0.5 else moved


def _expose(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    gamma = float(np.exp(generator.uniform(-settings.gamma, settings.gamma)))
    contrast = 1 + generator.uniform(-settings.contrast, settings.contrast)
    brightness = generator.uniform(-settings.brightness, settings.brightness)
    exposed = 255 * (np.clip(film, 0, 255) / 255) ** gamma * contrast + brightness
    if settings.shading:
        down, across = generator.uniform(-settings.shading, settings.shading, 2)
        rows, columns = film.shape[:2]
        ramp = down * np.linspace(-1, 1, rows)[:, None] + across * np.linspace(-1, 1, columns)
        exposed += ramp.reshape(rows, columns, *[1] * (film.ndim - 2))
    return np.asarray(np.clip(exposed, 0, 255), np.float32)


def _shutter(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    """Blacken the sides of half of the films, as a shutter before the tube or in the viewer does."""
    if not settings.bordered or generator.random() < 0.5:
        return film
    rows, columns = film.shape[:2]
    top, bottom = (round(share * rows) for share in generator.uniform(0, settings.bordered, 2))
    left, right = (round(share * columns) for share in generator.uniform(0, settings.bordered, 2))
    shuttered = np.zeros_like(film)
    inside = (slice(top, rows - bottom), slice(left, columns - right))
    shuttered[inside] = film[inside]
    return shuttered


def _resample(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    """Vary what another resizer would change: the public films were compressed at 224 pixels, a DICOM film was not."""
    rows, columns = film.shape[:2]
    if settings.coarsest < 1 and generator.random() < 0.5:
        share = np.exp(generator.uniform(np.log(settings.coarsest), 0))
        smaller = (max(1, round(columns * share)), max(1, round(rows * share)))
        reduced = cv2.resize(film, smaller, interpolation=cv2.INTER_AREA)
        film = cv2.resize(reduced, (columns, rows), interpolation=cv2.INTER_LINEAR)
    gain = generator.uniform(-settings.detail, settings.detail)
    varied = film + gain * (film - cv2.GaussianBlur(film, (5, 5), 1.0))
    varied += generator.uniform(0, settings.noise) * generator.standard_normal(film.shape, np.float32)
    if settings.jpeg_quality < 100 and generator.random() < 0.5:
        quality = int(generator.integers(settings.jpeg_quality, 100))
        options = [cv2.IMWRITE_JPEG_QUALITY, quality]
        _, code = cv2.imencode(".jpg", np.rint(np.clip(varied, 0, 255)).astype(np.uint8), options)
        varied = cv2.imdecode(code, cv2.IMREAD_UNCHANGED)
    return np.asarray(np.clip(varied, 0, 255), np.float32)


def _erase(film: np.ndarray, settings: Augmentation, generator: np.random.Generator) -> np.ndarray:
    """Cover a rectangle with its mean gray. Source: Zhong et al., Random Erasing Data Augmentation, AAAI 2020."""
    if not settings.erased or generator.random() < 0.5:
        return film
    rows, columns = film.shape[:2]
    height, width = (max(1, round(generator.uniform(0.05, settings.erased) * side)) for side in (rows, columns))
    top, left = int(generator.integers(0, rows - height + 1)), int(generator.integers(0, columns - width + 1))
    film[top : top + height, left : left + width] = film[top : top + height, left : left + width].mean()
    return film

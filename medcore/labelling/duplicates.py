"""Find pictures that are there twice: the same bytes, the same pixels, or nearly the same to the eye.

Source: the perceptual hash of pHash (Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010),
as the package imagehash has it, of 256 bits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import imagehash
import numpy as np
from PIL import Image

SIDE = 16  # rows and columns of the hash
# Of 256 bits. Of 1,500 children's chest films none of two patients came nearer than 48, while the same film compressed,
# halved, exposed anew or cropped by 1 % differed in 42 bits at most, all but the cropped in 26.
NEAR = 40
BLOCK = 1024  # pictures compared with all others at once


@dataclass(frozen=True)
class Pair:
    """Two pictures that are one, by their places."""

    first: int
    second: int
    bits: int  # that differ; 0 to 40


def perceptual_hash(pixels: np.ndarray) -> bytes:
    """Return the perceptual hash of a picture, 32 bytes.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (rows, columns) or (rows, columns, 3)
        Display values, uint8.
    """
    return np.packbits(imagehash.phash(Image.fromarray(pixels), hash_size=SIDE).hash).tobytes()


def find_near(hashes: Sequence[bytes], known: int = 0) -> Iterator[Pair]:
    """Find pictures that look the same.

    Parameters
    ----------
    hashes : sequence of bytes
        Of `perceptual_hash`.
    known : int
        So many pictures at the start are not compared with each other.

    Yields
    ------
    Pair
        The smaller place first; in the order of the second.
    """
    if not hashes:
        return
    words = np.frombuffer(b"".join(hashes), np.uint64).reshape(len(hashes), -1)
    for start in range(known, len(words), BLOCK):
        block = words[start : start + BLOCK]
        bits = np.zeros((len(block), start + len(block)), np.uint16)
        for word in range(words.shape[1]):
            bits += np.bitwise_count(block[:, word, None] ^ words[: start + len(block), word])
        for second, first in zip(*np.nonzero(bits <= NEAR), strict=True):
            if first < start + second:
                yield Pair(int(first), int(start + second), int(bits[second, first]))

"""Pictures and figures."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from medcore.pictures import as_address, encode_png, film_figure


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_a_picture_comes_back_from_its_address_bit_for_bit(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    address = as_address(encode_png(image))
    kind, data = address.split(",")
    assert kind == "data:image/png;base64"
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(base64.b64decode(data)))), image)


def test_a_figure_counts_the_films_own_pixels_from_the_top() -> None:
    figure = film_figure([("data:film", 1.0), ("data:heat", 0.4)], rows=200, columns=100)
    assert figure.layout.xaxis.range == (0, 100)
    assert figure.layout.yaxis.range == (200, 0)
    film, heat = figure.layout.images
    assert (film.sizex, film.sizey) == (heat.sizex, heat.sizey) == (100, 200)
    assert heat.opacity == 0.4


def test_a_figure_keeps_pixels_that_are_not_square() -> None:
    assert film_figure([("data:film", 1.0)], 10, 10, pixel_aspect=2.0).layout.yaxis.scaleratio == 2.0

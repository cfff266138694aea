"""A picture in an endless grey plane is seen as in the middle of a large grey picture."""

from __future__ import annotations

import numpy as np
import pytest

from netaudit.images.resizing import GREY, planes
from netaudit.images.yunet import Network
from tests.images.pictures import astronaut, texture

PLAIN, IN_GREY = Network(), Network(GREY)


def framed(picture, border):
    return [np.pad(plane, border, constant_values=GREY) for plane in picture]


@pytest.mark.parametrize("make", [lambda: astronaut().crop((150, 40, 310, 232)), lambda: texture(1).resize((160, 96))])
def test_96_pixels_around_a_picture_are_as_good_as_480(make):
    picture = planes(make())
    best = PLAIN.best(framed(picture, 480))
    assert IN_GREY.best(framed(picture, 96)) == pytest.approx(best, abs=1e-5)
    assert abs(PLAIN.best(framed(picture, 96)) - best) > 1e-4  # with zeros around it, it is not


def test_boxes_are_those_of_the_large_picture():
    picture = planes(astronaut().crop((150, 40, 310, 232)))
    far, near = PLAIN.look(framed(picture, 480)), IN_GREY.look(framed(picture, 96))
    assert near.boxes * (192 + 2 * 96) - 96 == pytest.approx(far.boxes * (192 + 2 * 480) - 480, abs=0.01)


@pytest.mark.parametrize("size", [(32, 32), (100, 70), (64, 640)])
def test_nothing_but_grey_shows_nothing(size):
    grey = [np.full(size, GREY, np.uint8)] * 3
    assert IN_GREY.best(grey) == pytest.approx(IN_GREY.best(framed(grey, 320)), abs=1e-5)

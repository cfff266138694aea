"""Pictures to be shown come out of helper processes: what crashes or stalls a decoder costs its own picture only."""

from __future__ import annotations

import io
import sys
import threading

import pytest
from PIL import Image

from netaudit.core.system.programs import import_path
from netaudit.images import previews as module
from netaudit.images.cpu_limit import Limits
from netaudit.images.pixelation import thumbnail
from netaudit.images.previews import MOST_DEATHS, THUMBNAIL, Shown
from netaudit.images.processes import start
from tests.images.pictures import astronaut, encode

# Stands in for decoders: what they do is written in the name of the image.
FAKE = """
import os, sys, time
sys.path[:] = {path!r}
from netaudit.images import preview_helper

def picture(question):
    name = os.path.basename(question["path"])
    if "crash" in name:
        os.abort()
    if "hang" in name:
        time.sleep(60)
    print("chatter of a native library")
    return b"\\xff\\xd8\\xff" + name.encode() if "sound" in name else b"no picture"

preview_helper.picture = picture
preview_helper.main([])
"""


@pytest.fixture
def fake():
    shown = Shown(Limits(20.0, 4.0), [sys.executable, "-P", "-c", FAKE.format(path=import_path())])
    yield shown
    shown.close()


def test_an_image_that_crashes_or_stalls_a_decoder_costs_its_own_picture(fake, tmp_path):
    names = ["sound 1", "crash", "sound 2", "hang", "sound 3", "nonsense", "sound 4"]
    made = {name: fake.of(tmp_path / name, "masked", THUMBNAIL) for name in names}
    assert {name for name, data in made.items() if data} == {name for name in names if "sound" in name}
    assert all(data.endswith(name.encode()) for name, data in made.items() if data)


def test_many_crashes_end_it(fake, tmp_path):
    for _ in range(MOST_DEATHS):
        assert fake.of(tmp_path / "crash", "clear", THUMBNAIL) is None
    assert fake.of(tmp_path / "sound", "clear", THUMBNAIL) is None


def test_threads_share_it(fake, tmp_path):
    made = {}

    def ask(number):
        made[number] = fake.of(tmp_path / f"sound {number:03}", "masked", THUMBNAIL)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert all(made[number].endswith(f"sound {number:03}".encode()) for number in range(20))


def test_pictures_made_ahead_are_those_that_are_asked_for(fake, tmp_path):
    names = ["sound 1", "crash", "sound 2", "nonsense"]
    fake.ahead(tmp_path / name for name in names)
    made = {name: fake.of(tmp_path / name, "masked", THUMBNAIL) for name in (*names, "sound 3")}
    assert {name for name, data in made.items() if data} == {"sound 1", "sound 2", "sound 3"}
    assert all(data.endswith(name.encode()) for name, data in made.items() if data)


def test_what_is_being_made_is_not_made_again(fake, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(fake, "_of", lambda path, *_: asked.append(path.name))
    fake.ahead([tmp_path / "sound 1", tmp_path / "sound 2"])
    fake.ahead([tmp_path / "sound 2", tmp_path / "sound 3"])
    for name in ("sound 1", "sound 2", "sound 3"):
        fake.of(tmp_path / name, "masked", THUMBNAIL)
    assert sorted(asked) == ["sound 1", "sound 2", "sound 3"]


def test_what_nobody_asked_for_ends_with_the_helpers(fake, tmp_path):
    fake.ahead([tmp_path / "hang", *(tmp_path / f"sound {number}" for number in range(50))])
    fake.close()
    assert all(one._process is None for one in fake._helpers)
    assert fake.of(tmp_path / "sound 7", "masked", THUMBNAIL).endswith(b"sound 7")


def test_without_a_helper_there_is_no_picture(tmp_path):
    shown = Shown(command=[str(tmp_path / "absent")])
    assert shown.of(tmp_path / "x", "masked", THUMBNAIL) is None


@pytest.mark.parametrize(("processors", "helpers"), [(1, 1), (2, 1), (3, 2), (64, 2)])
def test_one_processor_is_left_to_whoever_asks(monkeypatch, processors, helpers):
    monkeypatch.setattr(module, "processors", lambda: processors)
    assert len(Shown()._helpers) == helpers


def test_a_helper_that_was_started_elsewhere_answers_and_ends_as_others_do(fake, tmp_path):
    elsewhere = start(fake._helpers[0]._command)
    fake.adopt(elsewhere)
    assert fake.of(tmp_path / "sound", "masked", THUMBNAIL).endswith(b"sound")
    assert [one._process for one in fake._helpers if one._process] == [elsewhere]
    assert fake.of(tmp_path / "crash", "masked", THUMBNAIL) is None
    assert elsewhere.poll() is not None
    assert fake.of(tmp_path / "sound 2", "masked", THUMBNAIL).endswith(b"sound 2")


@pytest.fixture(scope="module")
def shown():
    shown = Shown()
    yield shown
    shown.close()


def test_a_helper_makes_the_picture_that_the_detector_would(shown, tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(encode(astronaut(), "png"))
    assert shown.of(path, "masked", THUMBNAIL) == thumbnail(path)


def test_a_clear_picture_is_small_and_bare(shown, tmp_path):
    path = tmp_path / "big.png"
    picture = Image.new("RGB", (1200, 400), "red")
    picture.save(path, exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00")
    data = shown.of(path, "clear", THUMBNAIL)
    assert data.startswith(b"\xff\xd8\xff")
    assert b"Exif" not in data
    assert Image.open(io.BytesIO(data)).size == (160, 53)


def test_what_is_no_picture_gives_none(shown, tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    for way in ("clear", "masked"):
        assert shown.of(path, way, THUMBNAIL) is None
        assert shown.of(tmp_path / "absent.jpg", way, THUMBNAIL) is None
    path.write_bytes(encode(Image.new("RGB", (40, 40), "red"), "jpeg")[:200])
    assert shown.of(path, "clear", THUMBNAIL) is None
    Image.new("1", (10_000, 5000)).save(path, "PNG")  # fifty megapixels in a few hundred bytes
    assert shown.of(path, "clear", THUMBNAIL) is None

"""Several helpers as one: how many for so many processors, and which of them judged an image does not show."""

from __future__ import annotations

import pytest

from netaudit.images import judge_pool
from netaudit.images.judge import Holder
from netaudit.images.judge_pool import Judges, helpers
from netaudit.images.processes import end
from tests.images.pictures import astronaut, encode, texture


@pytest.mark.parametrize(
    ("cores", "those"),
    [
        (1, ([1], 512)),
        (2, ([2, 1], 512)),
        (3, ([3, 1, 1], 512)),
        (4, ([2, 2], 64)),
        (8, ([2] * 4, 64)),
        (64, ([2] * 8, 64)),
    ],
)
def test_how_many_for_so_many_processors(cores, those):
    assert helpers(cores) == those


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    for number in range(3):
        (folder / f"face{number}").write_bytes(encode(astronaut().resize((200 + 40 * number, 200)), "jpeg"))
        (folder / f"texture{number}").write_bytes(encode(texture(number, (160, 120)), "jpeg"))
    (folder / "small").write_bytes(encode(astronaut().resize((100, 100)), "jpeg"))
    return folder


@pytest.mark.parametrize("cores", [1, 8])
def test_answers_are_the_same(folder, monkeypatch, cores):
    monkeypatch.setattr(judge_pool, "processors", lambda: cores)
    monkeypatch.setattr(judge_pool, "WORTH", 1)
    several = Judges()
    try:
        for name in sorted(path.name for path in folder.iterdir()):
            within = Holder("face0", str(folder / "face0"), "jpeg") if name == "small" else None
            several.submit(name, folder / name, "jpeg", rotate=True, within=within)
        found = {name: verdict for name, _, verdict in several.finish()}
    finally:
        several.close()
    assert len(found) == 7
    assert {name: verdict.face for name, verdict in found.items() if "face" in name} == {
        f"face{number}": "yes" for number in range(3)
    }
    assert (found["small"].face, found["small"].beside) == ("as its parent", "face0")


def test_the_first_has_all_detectors_until_another_begins(folder, monkeypatch):
    monkeypatch.setattr(judge_pool, "processors", lambda: 2)
    monkeypatch.setattr(judge_pool, "WORTH_BUSY", 2)
    told = []
    several = Judges()
    monkeypatch.setattr(several._judges[0], "reduce_to", told.append)
    try:
        for number, name in enumerate(("face0", "face1", "texture0", "texture1")):
            assert told == ([1] if number > 2 else [])
            several.submit(name, folder / name, "jpeg", rotate=True)
        assert told == [1]
        assert len(list(several.finish())) == 4
    finally:
        several.close()


def test_what_lies_within_a_picture_goes_where_that_was_judged(folder, monkeypatch):
    monkeypatch.setattr(judge_pool, "processors", lambda: 2)
    monkeypatch.setattr(judge_pool, "WORTH_BUSY", 1)
    several = Judges()
    try:
        for name in ("texture0", "face0"):  # each to a helper of its own
            several.submit(name, folder / name, "jpeg", rotate=True)
        assert len(list(several.finish())) == 2
        several.submit(
            "small", folder / "small", "jpeg", rotate=True, within=Holder("face0", str(folder / "face0"), "jpeg")
        )
        ((_, _, verdict),) = several.finish()
    finally:
        several.close()
    assert (verdict.face, verdict.beside) == ("as its parent", "face0")


@pytest.mark.parametrize("cores", [1, 8])
def test_one_helper_is_left_where_all_was_judged(folder, monkeypatch, cores):
    monkeypatch.setattr(judge_pool, "processors", lambda: cores)
    monkeypatch.setattr(judge_pool, "WORTH", 1)
    several = Judges()
    for name in ("face0", "face1", "texture0"):
        several.submit(name, folder / name, "jpeg", rotate=True)
    assert len(list(several.finish())) == 3
    at_work = [judge._helper for judge in several._judges if judge._helper]
    left = several.release()
    assert left in at_work
    assert [one for one in at_work if one.poll() is None] == [left]
    end(left)

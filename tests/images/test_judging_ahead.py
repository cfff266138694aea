"""Images judged beside reading: the case is the same whatever was judged when, and nothing of it is left."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

import netaudit
from netaudit.images import judging_ahead
from netaudit.images.judging_ahead import Beside, Fresh
from tests.images.pictures import astronaut, encode, texture

LAN = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"


def stored(case: Path, name: str, data: bytes) -> None:
    path = case / "private" / "objects" / name[:2] / f"{name}.jpeg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    for name, picture in (("aa", astronaut()), ("bb", texture())):
        stored(tmp_path, name, encode(picture, "jpeg"))
    return tmp_path


def test_what_was_judged_is_known_by_how_it_was_looked_at(faces: Path) -> None:
    judging = Beside(faces, count=False)
    judging.submit([Fresh("aa", "jpeg", sent=True), Fresh("bb", "jpeg", sent=False)])
    judging.submit([Fresh("aa", "jpeg", sent=False)])  # is under way: nobody looks twice
    assert list(judging.finish()) == [1, 2]
    known = judging.known(["aa", "bb", "cc"])
    assert {look: verdict.face for look, (_, verdict) in known.items()} == {("aa", True): "yes", ("bb", False): "no"}
    judging.drop()
    assert [path.name for path in (faces / "private").iterdir()] == ["objects"]


def test_what_waits_is_bounded_and_the_rest_is_left(faces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging_ahead, "MOST_WAITING", 1)
    judging = Beside(faces, count=False)
    judging.submit([Fresh("aa", "jpeg", sent=True), Fresh("bb", "jpeg", sent=False)])
    assert list(judging.finish()) == [1]
    assert (judging.found, judging.judged) == (2, 1)
    assert set(judging.known(["aa", "bb"])) == {("aa", True)}
    judging.drop()


@pytest.mark.parametrize(("workers", "waiting", "count"), [(1, 3, False), (2, 20_000, False), (1, 20_000, True)])
def test_the_case_does_not_tell_when_an_image_was_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, waiting: int, count: bool
) -> None:
    """Nothing beside reading, against all or some of it there."""
    monkeypatch.setattr(judging_ahead, "MOST_WAITING", 0)
    alone = netaudit.audit(LAN, tmp_path / "alone", count_faces=count)
    monkeypatch.setattr(judging_ahead, "MOST_WAITING", waiting)
    both = netaudit.audit(LAN, tmp_path / "both", workers=workers, count_faces=count)
    tables = [pq.read_table(case.folder / "tables" / "images.parquet") for case in (alone, both)]
    assert tables[0].num_rows > 80
    assert tables[0].equals(tables[1])
    assert not [path for path in (both.folder / "private").iterdir() if "answers" in path.name]

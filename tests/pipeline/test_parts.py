"""An audit in parts, as several machines do it: the case of one machine, to the byte."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from netaudit.case.moments import Moment, Notes
from netaudit.pipeline.keys import request
from netaudit.pipeline.parts import PartsDifferError, read_head, read_part
from netaudit.pipeline.task import Options, run

PCAPS = Path(__file__).parents[2] / "pcaps"
OF_A_RUN = {"custody.jsonl", "manifest.json", "run.json", "report.html", ".lock"}  # they have times of the run
KEYED = Options(site="office", project_key=bytes(range(32)), faces=False)


def bytes_of(case: Path) -> dict[str, str]:
    return {
        str(path.relative_to(case)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in case.rglob("*")
        if path.is_file() and path.name not in OF_A_RUN
    }


def in_parts(paths: list[Path], folder: Path, options: Options, of: int) -> Path:
    parts = [folder / "head", *(folder / str(number) for number in range(of))]
    read_head(paths, parts[0], options)
    for number, part in enumerate(parts[1:]):
        read_part(paths, part, options, number, of)
    run(paths, folder / "case", options, lambda *_: None, parts)
    return folder / "case"


def at_once(paths: list[Path], folder: Path, options: Options) -> Path:
    run(paths, folder / "alone", options, lambda *_: None)
    return folder / "alone"


@pytest.mark.parametrize(
    ("name", "of", "more"),
    [
        ("frames", 1, {}),
        ("carriers", 3, {}),
        ("documents", 5, {"keep_all": True}),
        (
            "sales_office",
            2,
            {"faces": True, "moments": Notes("n.csv", "0" * 64, (Moment(1_785_898_800_000_000_000, "m", "noted"),))},
        ),
    ],
)
def test_parts_make_the_case_of_one_machine(tmp_path, name, of, more):
    options = replace(KEYED, **more)
    paths = [PCAPS / name]
    alone = bytes_of(at_once(paths, tmp_path, options))
    assert bytes_of(in_parts(paths, tmp_path, options, of)) == alone
    assert len(alone) > 20


def test_secrets_that_opened_something_are_joined(tmp_path):
    keys = request([], ["all"], "tests")
    options = replace(KEYED, keys=keys)
    paths = [PCAPS / "opened"]
    alone = bytes_of(at_once(paths, tmp_path, options))
    assert "private/keys.log" in alone
    assert bytes_of(in_parts(paths, tmp_path, options, 4)) == alone


def test_parts_that_read_other_bytes_are_refused(tmp_path):
    capture = tmp_path / "one.pcap"
    capture.write_bytes(next(PCAPS.rglob("*.pcap")).read_bytes())
    read_head([capture], tmp_path / "head", KEYED)
    capture.write_bytes(capture.read_bytes()[:-1])
    read_part([capture], tmp_path / "0", KEYED, 0, 1)
    with pytest.raises(PartsDifferError, match="other bytes"):
        run([capture], tmp_path / "case", KEYED, lambda *_: None, [tmp_path / "head", tmp_path / "0"])


def test_no_image_is_judged_twice(tmp_path, monkeypatch):
    from netaudit.images.judge import Judge

    paths, options = [PCAPS / "documents"], replace(KEYED, faces=True)
    parts = [tmp_path / "head", tmp_path / "0"]
    read_head(paths, parts[0], options)
    read_part(paths, parts[1], options, 0, 1)
    monkeypatch.setattr(Judge, "submit", lambda *_, **__: pytest.fail("it was judged already"))
    case = run(paths, tmp_path / "case", options, lambda *_: None, parts)
    assert case.images["face"].any()


def test_without_a_key_of_the_project_the_case_says_so(tmp_path):
    paths = [PCAPS / "documents"]
    in_parts(paths, tmp_path, KEYED, 2)
    parts = [tmp_path / name for name in ("head", "0", "1")]
    run(paths, tmp_path / "keyless", replace(KEYED, project_key=None), lambda *_: None, parts)
    assert b'"project_key": null' in (tmp_path / "keyless" / "case.json").read_bytes()
    assert (tmp_path / "keyless" / "private" / "key").read_bytes() == bytes(range(32))

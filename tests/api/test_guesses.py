"""What users of pandas try before they read anything: it works, or the error names what does."""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import netaudit
from netaudit.core.schema import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

DEMO = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"
CAMERA = "192.168.1.64"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> netaudit.Case:
    folder = tmp_path_factory.mktemp("guesses")
    shutil.copy(DEMO, folder / "office.pcapng")
    return netaudit.audit(folder / "office.pcapng", zone="Asia/Shanghai", site="Office")


WORKS: dict[str, Callable[[netaudit.Case], Any]] = {
    "Case(text)": lambda case: netaudit.Case(str(case.path)),
    "open_case": lambda case: netaudit.open_case(case.path),
    "dir": lambda case: "findings" in dir(case) and "sql" in dir(case),
    "tables": lambda case: case.tables == list(BY_NAME),
    "list": lambda case: list(case) == case.tables,
    "item": lambda case: case["findings"] is case.findings,
    "in": lambda case: "findings" in case and "nope" not in case,
    "counts": lambda case: case.counts["packets_read"] == 5522,
    "site": lambda case: case.site == "Office",
    "zone": lambda case: case.zone == "Asia/Shanghai",
    "path": lambda case: case.path.name == "office-case",
    "len": lambda case: len(case.findings) > 0,
    "left": lambda case: case.findings[case.findings.left].images.sum() == 46,
    "faces": lambda case: 0 < len(case.images[case.images.face]) < len(case.images),
    "no faces": lambda case: len(case.images[~case.images.face]) >= 0,
    "mean": lambda case: 0 < case.images.face.mean() <= 1,
    "judgement": lambda case: set(case.images.face_judgement) <= {"yes", "no", "possible", "not judged", "undecodable"},
    "ip": lambda case: CAMERA in set(case.devices.ip),
    "index": lambda case: case.devices.set_index("ip").loc[CAMERA, "vendor"] == "Hikvision",
    "tz": lambda case: str(case.messages.first_ts.dt.tz) == "UTC",
    "merge": lambda case: len(case.findings.merge(case.devices, left_on="sender_device", right_on="device_id")) > 0,
    "device images": lambda case: case.device(CAMERA).images.face.any(),
    "device flows": lambda case: len(case.device(CAMERA).flows),
    "device findings": lambda case: len(case.device(CAMERA).findings),
    "device messages": lambda case: len(case.device(CAMERA).messages),
    "hash prefix": lambda case: case.image(case.images.sha256.iloc[0][:10]).size,
    "flow messages": lambda case: len(case.flow(case.messages.flow_id.iloc[0][:16]).messages),
    "flow images": lambda case: case.flow(case.messages.flow_id.iloc[0][:16]).images is not None,
    "message objects": lambda case: len(case.message(case.objects.message_id.iloc[0]).objects),
    "message flow": lambda case: case.message(case.objects.message_id.iloc[0]).flow.messages is not None,
    "message events": lambda case: len(case.message(case.events.message_id.iloc[0]).events),
    "search": lambda case: len(case.search("faceCapture")) > 0,
    "verify": lambda case: case.verify().sound,
    "topology": lambda case: case.plot.topology() is not None,
    "devices plot": lambda case: case.plot.devices() is not None,
}


@pytest.mark.parametrize("guess", WORKS)
def test_it_works(case: netaudit.Case, guess: str) -> None:
    answer = WORKS[guess](case)
    assert answer if isinstance(answer, (bool, int)) else answer is not None


def test_files_are_written_where_asked(case: netaudit.Case, tmp_path: Path) -> None:
    assert case.export(tmp_path / "x.zip").is_file()
    assert case.to_excel(tmp_path / "x.xlsx").is_file()
    read = pd.read_csv(case.to_csv(tmp_path / "csv") / "findings.csv")
    assert len(read) == len(case.findings)
    assert case.extract(case.findings.finding_id.iloc[0][:8], tmp_path / "x.pcapng") > 0


NEAREST: dict[str, tuple[Callable[[netaudit.Case], Any], str]] = {
    "open": (lambda _: netaudit.open, "open_case(folder)"),
    "load": (lambda _: netaudit.load, "open_case(folder)"),
    "table": (lambda case: case.table("finding"), "nearest: findings"),
    "item": (lambda case: case["flow"], "nearest: flows"),
    "attribute": (lambda case: case.findigns, "nearest: findings"),
    "people": (lambda case: case.people, "records()"),
    "timeline": (lambda case: case.timeline, "plot.timeline()"),
    "faces": (lambda case: case.faces, "images[images.face]"),
    "uploads": (lambda case: case.uploads, "findings[findings.left]"),
    "image": (lambda case: case.image("ffff0000"), "no such image"),
    "device": (lambda case: case.device(CAMERA).imagess, "nearest: images"),
    "flow": (lambda case: case.flow("nothing"), "0 of flows begin so"),
}  # fmt: skip


@pytest.mark.parametrize("guess", NEAREST)
def test_the_error_names_the_nearest(case: netaudit.Case, guess: str) -> None:
    ask, named = NEAREST[guess]
    with pytest.raises((AttributeError, netaudit.UsageError), match=r".") as caught:
        ask(case)
    assert named in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_name_that_nothing_has_is_a_key_error_too(case: netaudit.Case) -> None:
    with pytest.raises(KeyError):
        _ = case["nope"]
    with pytest.raises(KeyError):
        case.table("nope")


def test_a_type_checker_catches_a_slip(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "slip.py").write_text(
        "import netaudit\ncase = netaudit.open_case('x')\nprint(case.findigns)\nprint(case.findings.head())\n"
    )
    said = subprocess.run(
        [sys.executable, "-m", "mypy", "--follow-imports=silent", "--cache-dir", str(tmp_path / "cache"), "slip.py"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(Path(netaudit.__file__).parents[1])},
    ).stdout  # fmt: skip
    assert 'slip.py:3: error: "Case" has no attribute "findigns"' in said
    assert "slip.py:4" not in said


def test_reasons_are_said_in_words(case: netaudit.Case) -> None:
    said = case.findings.reason.map(case.words)
    assert said.str.contains("records with an identity number|images with a face|encrypted|sizes and times").all()
    assert case.words("clear?n=3&m=2", "zh").startswith("明文 HTTP 中")
    one = case.finding(case.findings.finding_id[0])
    assert case.words(one.reason)[:200] in html.unescape(one._repr_html_())

"""The project's own captures give what they gave: tables, objects and case.json.

Where a change is meant, look at what differs (`python tests/oracle.py run` of both versions, then `compare`), and make the
digests anew: `python tests/oracle.py run --brief tests/oracle.json pcaps/{benign_office,documents,frames,sales_office}`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.oracle import ROOT, compare

if TYPE_CHECKING:
    from pathlib import Path

PLACES = ("benign_office", "documents", "frames", "sales_office")


def test_own_captures_give_what_they_gave(tmp_path: Path) -> None:
    out = tmp_path / "now.json"
    words = [sys.executable, str(ROOT / "tests" / "oracle.py"), "run", "--brief", str(out)]
    subprocess.run([*words, *(str(ROOT / "pcaps" / place) for place in PLACES)], check=True, capture_output=True)
    before = json.loads((ROOT / "tests" / "oracle.json").read_text(encoding="utf-8"))
    assert compare(before, json.loads(out.read_text(encoding="utf-8"))) == []


def test_a_difference_is_named() -> None:
    one = {"a.pcap": {"flows.#": "1", "flows.server_ip": "x"}}
    assert compare(one, one) == []
    assert compare(one, {"a.pcap": {"flows.#": "2", "flows.server_ip": "x"}}) == ["a.pcap: flows.#"]
    assert compare(one, {}) == ["a.pcap: flows.#, flows.server_ip"]

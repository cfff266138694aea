"""The CASE/UCO graph: the same each time, no reference into nothing, and valid where `case_validate` is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import netaudit
from netaudit.exports.case_uco import write_case_uco

SMALL = Path(__file__).parents[2] / "pcaps" / "carriers" / "s3.pcapng"


@pytest.fixture(scope="module")
def graph(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("uco")
    case = netaudit.audit(SMALL, folder / "case", faces=False)
    for name in ("a.jsonld", "b.jsonld"):
        write_case_uco(case, folder / name)
    return folder


def test_the_graph_is_the_same_each_time_and_whole(graph):
    assert (graph / "a.jsonld").read_bytes() == (graph / "b.jsonld").read_bytes()
    nodes = json.loads((graph / "a.jsonld").read_bytes())["@graph"]
    named = {node["@id"] for node in nodes}
    assert {"uco-observable:File", "uco-tool:AnalyticTool", "case-investigation:InvestigativeAction"} <= {
        node["@type"] for node in nodes
    }
    for node in nodes:
        for value in node.values():
            for one in value if isinstance(value, list) else [value]:
                assert not isinstance(one, dict) or set(one) != {"@id"} or one["@id"] in named


VALIDATE = shutil.which("case_validate", path=str(Path(sys.executable).parent)) or shutil.which("case_validate")


@pytest.mark.skipif(VALIDATE is None, reason="NO CASE_VALIDATE: pip install case-utils")
def test_the_graph_is_valid(graph):
    done = subprocess.run([VALIDATE, "--allow-info", str(graph / "a.jsonld")], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()

"""What a case tells, as records of the test specification."""

from __future__ import annotations

import netaudit
from netaudit.validate.observing import observed
from tests.conftest import ROOT


def _exchanges(name, tmp_path):
    case = netaudit.audit(ROOT / "pcaps" / name, tmp_path / "case", faces=False)
    return {
        (one["method"], one["target"].partition("?")[0]): one["status"]
        for one in observed(case)
        if one["kind"] == "exchange"
    }


def test_what_a_server_asks_is_an_exchange(tmp_path):
    """A camera that calls its server is asked over the same connection: its answers are none of its own requests."""
    assert _exchanges("documents/dahua_reverse.pcapng", tmp_path) == {
        ("POST", "/cgi-bin/api/autoRegist/connect"): 200,
        ("GET", "/cgi-bin/m****Box.cgi"): 200,
        ("GET", "/cgi-bin/snapManager.cgi"): 200,
    }


def test_exchanges_are_of_any_version_of_http(tmp_path):
    assert _exchanges("carriers/http2.pcapng", tmp_path)["PUT", "/face/0"] == 200

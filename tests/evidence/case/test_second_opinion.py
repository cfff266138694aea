"""A second opinion by tshark: bytes are found where they are, and not where they are not."""

from __future__ import annotations

import base64
import os
import shutil
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import netaudit
from netaudit.cli.app import app
from netaudit.errors import UsageError
from netaudit.evidence.case import second_opinion as module
from netaudit.evidence.case.opinions import CONFIRMED, CONTRADICTED, UNCONFIRMABLE
from netaudit.evidence.case.second_opinion import found_as, is_plain, verify

OFFICE = Path(__file__).parents[3] / "pcaps" / "sales_office" / "lan.pcapng"
tools = pytest.mark.skipif(shutil.which("tshark") is None, reason="NO TSHARK: apt install tshark")


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> netaudit.Case:
    return netaudit.audit(OFFICE, tmp_path_factory.mktemp("verify") / "case", faces=False)


@given(st.binary(min_size=65, max_size=300), st.binary(max_size=40), st.integers(0, 6))
@settings(max_examples=100, deadline=None)
def test_an_object_is_found_however_it_was_wrapped(data, before, way):
    text = base64.b64encode(data)
    body = (
        data,
        text,
        text.replace(b"/", b"\\/"),
        quote(text).encode(),
        base64.encodebytes(data),
        base64.urlsafe_b64encode(data),
        data.hex().encode(),
    )[way]
    assert found_as(data, before + b'"' + body + b'"')


@given(st.binary(min_size=65, max_size=300), st.integers(0, 59))
@settings(max_examples=50, deadline=None)
def test_one_other_byte_is_another_object(data, place):
    other = bytearray(data)
    other[place] ^= 1
    assert not found_as(data, bytes(other))
    assert not found_as(data, base64.b64encode(bytes(other)))


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("request body › multipart[1] › jpeg", True),
        ("request body › json $.face › base64 › jpeg", True),
        ("request body › gzip › jpeg", False),
        ("request body › base64 › json $.a › base64 › jpeg", False),
        ("upload parts 1-2 › jpeg", False),
        ("carved › jpeg", False),
    ],
)
def test_only_what_is_plainly_there_can_be_contradicted(path, plain):
    assert is_plain(path) is plain


@pytest.mark.tools
@tools
def test_every_image_of_the_office_is_confirmed(case):
    (http,) = verify(case, images=True).findings
    assert http["status"] == CONFIRMED
    assert http["objects"] == http["counts"][CONFIRMED] > 120
    kept = orjson.loads((case.folder / "private" / "verify.json").read_bytes())
    assert len(kept["objects"]) == http["objects"]
    assert [path.name for path in (case.folder / "private").glob("verify-*")] == []


@pytest.mark.tools
@tools
def test_a_forged_object_is_contradicted(case, tmp_path):
    forged = shutil.copytree(case.folder, tmp_path / "case")
    opened = netaudit.open_case(forged, check=False)
    digest = opened.objects[opened.objects["kind"] == "jpeg"]["sha256"].iloc[0]
    path = opened.object_path(digest)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    told = verify(opened, images=True)
    assert told.findings[0]["status"] == CONTRADICTED
    bad = {identity for identity, one in told.objects.items() if one.status == CONTRADICTED}
    assert bad == set(opened.objects[opened.objects["sha256"] == digest]["object_id"])
    assert (
        CliRunner().invoke(app, ["verify", str(forged), "--by", "wireshark", "--images", "--lang", "en"]).exit_code == 3
    )


@pytest.mark.tools
@tools
def test_encrypted_uploads_cannot_be_confirmed(case):
    told = verify(case).findings
    hidden = [(one["certainty"], one["status"], one["objects"]) for one in told if one["certainty"] == "D"]
    assert hidden == [("D", UNCONFIRMABLE, 0)]


def test_without_tshark_it_says_so(case, monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    with pytest.raises(UsageError, match="tshark is not installed"):
        verify(case)


@pytest.mark.tools
@tools
def test_without_the_capture_it_says_so(case, tmp_path):
    moved = shutil.copytree(case.folder, tmp_path / "case")
    (moved / "private" / "run.json").unlink()
    with pytest.raises(UsageError, match="--captures"):
        verify(netaudit.open_case(moved, check=False), images=True)
    assert verify(netaudit.open_case(moved, check=False), [OFFICE], images=True).findings[0]["status"] == CONFIRMED


@pytest.mark.tools
@tools
def test_a_tshark_that_fails_is_named(case, tmp_path, monkeypatch):
    program = tmp_path / "tshark"
    program.write_text("#!/bin/sh\necho 'tshark: it hurts' >&2\nexit 2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(UsageError, match="it hurts"):
        verify(case, images=True)

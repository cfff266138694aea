"""Signatures by SM2, agreed to by openssl, and what tampering does."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import netaudit
from netaudit.errors import UsageError
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.signing import file_names
from netaudit.evidence.signing.sign import sign_case
from netaudit.evidence.signing.sm2 import check_sm2, is_sm2, sign_sm2, sm2_signer
from netaudit.evidence.signing.verification import OPENSSL_SM2, attested, commands
from netaudit.report.from_case import write_report

pytest.importorskip("gmalg", reason="NO GMALG: pip install gmalg")
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="NO OPENSSL: apt install openssl")
SMALL = Path(__file__).parents[3] / "pcaps" / "carriers" / "s3.pcapng"


def openssl(*command: object, cwd: Path | None = None) -> int:
    return subprocess.run(["openssl", *map(str, command)], cwd=cwd, capture_output=True, check=False).returncode


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sm2")
    for name in ("one", "other"):
        key = folder / f"{name}.key"
        assert openssl("ecparam", "-name", "SM2", "-genkey", "-noout", "-out", key) == 0
        assert openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-out", folder / f"{name}.p8") == 0
        request = ("req", "-new", "-x509", "-key", key, "-sm3", "-subj", f"/CN=SM2 {name}", "-days", "3650")
        assert openssl(*request, "-sigopt", "distid:1234567812345678", "-out", folder / f"{name}.pem") == 0
    return folder


def signer(keys: Path, form: str = "key"):
    return sm2_signer((keys / f"one.{form}").read_bytes(), (keys / "one.pem").read_bytes())


@pytest.mark.parametrize("form", ["key", "p8"])
def test_what_is_signed_holds_and_nothing_else_does(keys, form):
    one = signer(keys, form)
    signature = sign_sm2(b"data", one)
    check_sm2(b"data", signature, one.certificate)
    with pytest.raises(ValueError, match="cms_not_by_key"):
        check_sm2(b"Data", signature, one.certificate)
    for harmed in (b"", signature[:-1], signature + b"\0", b"\x30\x00", os.urandom(70)):
        with pytest.raises(ValueError):
            check_sm2(b"data", harmed, one.certificate)


def test_keys_that_do_not_fit_are_refused(keys):
    assert is_sm2((keys / "one.pem").read_bytes())
    assert not is_sm2(b"")
    with pytest.raises(UsageError, match="not the one"):
        sm2_signer((keys / "other.key").read_bytes(), (keys / "one.pem").read_bytes())
    with pytest.raises(UsageError, match="cannot be read"):
        sm2_signer(b"no key", (keys / "one.pem").read_bytes())


def test_a_case_signed_by_sm2_holds_openssl_agrees_and_tampering_is_told(keys, tmp_path):
    case = netaudit.audit(SMALL, tmp_path / "case", faces=False)
    sign_case(case, signer(keys))
    told = attested(case.folder)
    assert told is not None
    assert (told.problems, told.unchecked, told.sm2, told.signer) == ([], [], "CN=SM2 one", "")
    assert commands(told) == [OPENSSL_SM2]
    assert integrity(case.folder).sound
    assert openssl(*OPENSSL_SM2.split()[1:], cwd=case.folder) == 0
    page = write_report(netaudit.open_case(case.folder), tmp_path / "r.html", "zh").read_text(encoding="utf-8")
    assert "CN=SM2 one" in page
    assert "distid:1234567812345678" in page
    for name in (file_names.SM2, file_names.SM3_SM2, file_names.SM2_CERTIFICATE, file_names.SM3, "manifest.json"):
        was = (case.folder / name).read_bytes()
        data = bytearray(was)
        data[len(data) // 2] ^= 1
        for harmed in (bytes(data), None):
            (case.folder / name).unlink()
            if harmed is not None:
                (case.folder / name).write_bytes(harmed)
            found = attested(case.folder)
            assert found is None or found.problems or not integrity(case.folder).sound, name
            (case.folder / name).write_bytes(was)
    (case.folder / "manifest.json").write_bytes((case.folder / "manifest.json").read_bytes() + b" ")
    assert openssl(*OPENSSL_SM2.split()[1:], cwd=case.folder) != 0

"""A certificate of validation signed by SM2 is checked where it can be, and else said to be unchecked."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from netaudit import audit, open_case
from netaudit.cli.validating import NAME, _sign
from netaudit.errors import UsageError
from netaudit.report.rewriting import note_validation, rewrite
from netaudit.signing.sm2 import Sm2Signer, sm2_signer
from netaudit.validate import certificate

ROOT = Path(__file__).parents[2]
pytest.importorskip("gmalg", reason="NO GMALG: pip install gmalg")
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="NO OPENSSL: apt install openssl")


def _openssl(*command: object, cwd: Path | None = None) -> int:
    return subprocess.run(["openssl", *map(str, command)], cwd=cwd, capture_output=True, check=False).returncode


def _signer(folder: Path, name: str) -> Sm2Signer:
    key, pem = folder / f"{name}.key", folder / f"{name}.crt"
    assert _openssl("ecparam", "-name", "SM2", "-genkey", "-noout", "-out", key) == 0
    request = ("req", "-new", "-x509", "-key", key, "-sm3", "-subj", f"/CN=SM2 {name}", "-days", "3650")
    assert _openssl(*request, "-sigopt", "distid:1234567812345678", "-out", pem) == 0
    return sm2_signer(key.read_bytes(), pem.read_bytes())


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """What `netaudit validate --key` leaves; whether it is a certificate of validation is not asked here."""
    path = tmp_path / f"{NAME}.json"
    path.write_bytes(b"{}")
    _sign(tmp_path, path.read_bytes(), _signer(tmp_path, "one"), "en", quiet=True)
    return path


def test_it_holds_and_openssl_agrees_by_its_own_command(signed: Path) -> None:
    assert certificate.signed_by(signed) == "CN=SM2 one"
    assert not certificate.unchecked(signed)
    command = (
        "pkeyutl -verify -certin -inkey netaudit-validation.pem -rawin -digest sm3 -pkeyopt distid:1234567812345678"
        " -sigfile netaudit-validation.sm2 -in netaudit-validation.json"
    )
    assert _openssl(*command.split(), cwd=signed.parent) == 0


def test_a_wrong_one_is_refused(signed: Path) -> None:
    signed.write_bytes(b"{ }")
    with pytest.raises(UsageError, match="is no signature over"):
        certificate.signed_by(signed)
    signed.write_bytes(b"{}")
    signed.with_suffix(".pem").write_bytes(_signer(signed.parent, "other").pem)
    with pytest.raises(UsageError, match="is no signature over"):
        certificate.signed_by(signed)
    signed.with_suffix(".pem").write_bytes(b"none")
    with pytest.raises(UsageError, match="is no signature over"):
        certificate.signed_by(signed)


def test_what_cannot_be_checked_is_said_to_be_unchecked(
    signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(certificate, "can_check", lambda: False)
        assert (certificate.signed_by(signed), certificate.unchecked(signed)) == ("", True)
    signed.with_suffix(".pem").unlink()
    assert (certificate.signed_by(signed), certificate.unchecked(signed)) == ("", True)
    case = audit(ROOT / "pcaps" / "carriers" / "s3.pcapng", tmp_path / "case", faces=False)
    said = {"netaudit": "1", "code": "", "made": "", "passed": True, "answers": 1, "number": "NV1"}
    said |= {"assertions": [], "not_asked": []}
    note_validation(case, said, certificate.signed_by(signed), unchecked=certificate.unchecked(signed))
    path = rewrite(open_case(case.folder), "en")
    assert "an SM2 signature lies beside it, not checked" in path.read_text("utf-8")
    assert "; unsigned" not in path.read_text("utf-8")
    rewrite(open_case(case.folder), "zh")
    assert "其旁有一个 SM2 签名，未经核对" in path.read_text("utf-8")

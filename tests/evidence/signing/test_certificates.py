"""A signature may hold and be worth little: what its certificate is, `verify` says."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from typer.testing import CliRunner

import netaudit
from netaudit.cli.app import app
from netaudit.core.contracts.reasons import reason
from netaudit.evidence.signing.cms import Signer
from netaudit.evidence.signing.sign import sign_case
from netaudit.evidence.signing.verification import attested, weaknesses
from netaudit.report.sections_checking import problem_text
from netaudit.report.wording import Wording
from tests.wording import english

SMALL = Path(__file__).parents[3] / "pcaps" / "carriers" / "s3.pcapng"
DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def usage(*, signs: bool) -> x509.KeyUsage:
    names = (
        "content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only",
        "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(digital_signature=signs, key_encipherment=not signs, **dict.fromkeys(names, False))


def signer(
    key: Any = None,
    begin: datetime.datetime = NOW - DAY,
    end: datetime.datetime = NOW + DAY,
    extensions: tuple[x509.ExtensionType, ...] = (),
) -> Signer:
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Officer")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(begin).not_valid_after(end)
    for one in extensions:
        made = made.add_extension(one, critical=True)
    return Signer(key, made.sign(key, hashes.SHA256()))


@pytest.fixture(scope="module")
def short() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "ended": ({"begin": NOW - 3 * DAY, "end": NOW - DAY}, "had ended at "),
    "not begun": ({"begin": NOW + DAY, "end": NOW + 3 * DAY}, "begins at "),
    "usage": ({"extensions": (usage(signs=False),)}, "is not for signatures (key usage)"),
    "server": (
        {"extensions": (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),)},
        "is not for documents or mail (extended key usage)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_certificate_is_said(name: str) -> None:
    given, said = WRONG[name]
    (one,) = weaknesses(signer(**given).certificate, NOW)
    assert english(one).startswith(said)
    text = problem_text(reason("attested_certificate", name="signature/manifest.p7s", inner=one), Wording("zh"))
    assert text.startswith("signature/manifest.p7s：签名人的证书")
    assert "key usage" not in text


def test_a_short_key_is_said(short: rsa.RSAPrivateKey) -> None:
    (one,) = weaknesses(signer(short).certificate, NOW)
    assert english(one) == "has an RSA key of 1024 bits, with which others may have signed"


def test_a_certificate_signed_with_sha_1_is_said() -> None:
    """Made by openssl: the library signs with it no more."""
    pem = (Path(__file__).parent / "sha1.pem").read_bytes()
    (one,) = weaknesses(x509.load_pem_x509_certificate(pem), None)
    assert english(one) == "is itself signed with SHA1, so that it may be forged"


@pytest.mark.parametrize(
    "extensions",
    [(), (usage(signs=True), x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]))],
    ids=["plain", "mail"],
)
def test_nothing_is_said_of_a_good_one(extensions: tuple[x509.ExtensionType, ...]) -> None:
    assert weaknesses(signer(extensions=extensions).certificate, NOW) == []


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return netaudit.audit(SMALL, tmp_path_factory.mktemp("signed") / "case", faces=False).folder


@pytest.mark.parametrize("name", [*WRONG, "short"])
def test_verify_says_it_and_is_not_content(case: Path, tmp_path: Path, name: str, short: rsa.RSAPrivateKey) -> None:
    folder = shutil.copytree(case, tmp_path / "case")
    given, said = WRONG.get(name, ({"key": short}, "has an RSA key of 1024 bits"))
    made = signer(**given)
    sign_case(netaudit.open_case(folder), made)
    told = attested(folder)
    assert told is not None
    assert told.certificate == made.certificate.fingerprint(hashes.SHA256()).hex()
    assert [english(problem).partition(" of its signer ")[2].startswith(said) for problem in told.problems] == [True]
    ran = CliRunner().invoke(app, ["verify", str(folder), "--lang", "en"])
    assert ran.exit_code == 3
    assert said in ran.output

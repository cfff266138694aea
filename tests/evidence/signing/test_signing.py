"""Signature and time stamp, made with a local authority of openssl, agreed to by openssl, and what tampering does."""

from __future__ import annotations

import html
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

import netaudit
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.export import export_shareable
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.signing import file_names
from netaudit.evidence.signing.cms import check, sign, signer_from_pem, signer_from_pkcs12
from netaudit.evidence.signing.sign import sign_case
from netaudit.evidence.signing.timestamps import attach_stamp, request_stamp
from netaudit.evidence.signing.verification import OPENSSL, attested
from netaudit.report.from_case import write_report

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="NO OPENSSL: apt install openssl")
SMALL = Path(__file__).parents[3] / "pcaps" / "carriers" / "s3.pcapng"
CONFIG = """[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
[tsa_leaf]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(one) for one in command], cwd=cwd, capture_output=True, text=True, check=False)


def make(*command: str | Path) -> None:
    done = run(*command)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Path:
    """Keys and certificates: ca, an officer on P-256, one on RSA, a time stamp authority."""
    folder = tmp_path_factory.mktemp("authority")
    config = folder / "c.cnf"
    config.write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    new = ("openssl", "req", "-nodes", "-config", config)
    make(*new, "-x509", *curve, "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-days", "3650",
         "-subj", "/CN=Test authority", "-extensions", "ca")  # fmt: skip
    for name, kind, part in (
        ("ec", curve, "leaf"),
        ("rsa", ("-newkey", "rsa:2048"), "leaf"),
        ("tsa", curve, "tsa_leaf"),
    ):
        make(
            *new,
            *kind,
            "-keyout",
            folder / f"{name}.key",
            "-out",
            folder / f"{name}.csr",
            "-subj",
            f"/CN=Officer {name}",
        )
        make("openssl", "x509", "-req", "-in", folder / f"{name}.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
             "-CAcreateserial", "-out", folder / f"{name}.pem", "-days", "3650", "-extfile", config, "-extensions", part)  # fmt: skip
    make("openssl", "pkcs12", "-export", "-inkey", folder / "ec.key", "-in", folder / "ec.pem", "-out", folder / "ec.p12",
         "-passout", "pass:open")  # fmt: skip
    return folder


def signer(folder: Path, name: str = "ec"):
    return signer_from_pem((folder / f"{name}.key").read_bytes(), (folder / f"{name}.pem").read_bytes(), None)


def agrees(case: Path, authority: Path, place: int) -> bool:
    command = OPENSSL[place].replace("ROOT.pem", str(authority / "ca.pem")).replace("-out ../checked", "-out /dev/null")
    return run(*command.split(), cwd=case).returncode == 0


@pytest.mark.parametrize("name", ["ec", "rsa"])
def test_openssl_agrees_with_the_signature_and_with_its_refusal(authority, tmp_path, name):
    data = b'{"files":{}}'
    signature = sign(data, signer(authority, name))
    assert check(data, signature).subject.rfc4514_string() == f"CN=Officer {name}"
    (tmp_path / "signature").mkdir()
    (tmp_path / "manifest.json").write_bytes(data)
    (tmp_path / file_names.CMS).write_bytes(signature)
    assert agrees(tmp_path, authority, 0)
    (tmp_path / "manifest.json").write_bytes(data + b" ")
    assert not agrees(tmp_path, authority, 0)
    with pytest.raises(ValueError, match="cms_other_bytes"):
        check(data + b" ", signature)
    with pytest.raises(ValueError, match=r"cms_(not_by_key|none|other_bytes)|der_none"):
        check(data, signature[:-1] + bytes([signature[-1] ^ 1]))


@pytest.mark.parametrize("cut", [0, 1, 40, 200, -1])
def test_what_is_no_signature_is_refused(authority, cut):
    signature = sign(b"a", signer(authority))
    with pytest.raises(ValueError):
        check(b"a", signature[:cut])


def test_keys_that_do_not_fit_are_refused(authority):
    with pytest.raises(UsageError, match="not the one"):
        signer_from_pem((authority / "rsa.key").read_bytes(), (authority / "ec.pem").read_bytes(), None)
    assert signer_from_pkcs12((authority / "ec.p12").read_bytes(), b"open").certificate == signer(authority).certificate
    with pytest.raises(UsageError, match="PKCS#12"):
        signer_from_pkcs12((authority / "ec.p12").read_bytes(), b"wrong")


def test_a_key_under_a_password_says_how_to_give_it(authority):
    make(
        "openssl", "ec", "-in", authority / "ec.key", "-aes128", "-passout", "pass:open", "-out", authority / "shut.key"
    )
    key, certificate = ((authority / name).read_bytes() for name in ("shut.key", "ec.pem"))
    with pytest.raises(UsageError, match="NETAUDIT_KEY_PASSWORD"):
        signer_from_pem(key, certificate, None)
    assert signer_from_pem(key, certificate, b"open").certificate == signer(authority).certificate


@pytest.fixture(scope="module")
def attested_case(authority, tmp_path_factory) -> Path:
    """A case that is signed, and stamped in three steps."""
    folder = tmp_path_factory.mktemp("attested") / "case"
    case = netaudit.audit(SMALL, folder, faces=False)
    assert attested(folder) is None
    sign_case(case, signer(authority))
    request_stamp(folder)
    make("openssl", "ts", "-reply", "-config", authority / "c.cnf", "-queryfile", folder / file_names.REQUEST, "-signer",
         authority / "tsa.pem", "-inkey", authority / "tsa.key", "-out", authority / "answer.tsr")  # fmt: skip
    trusted = (authority / "ca.pem").read_bytes() + (authority / "tsa.pem").read_bytes()
    attach_stamp(folder, (authority / "answer.tsr").read_bytes(), trusted)
    return folder


def test_a_signed_and_stamped_case_holds_and_openssl_agrees(attested_case, authority):
    told = attested(attested_case)
    assert told is not None
    assert told.problems == told.unchecked == []
    assert told.signer == "CN=Officer ec"
    assert told.issuer == "CN=Test authority"
    assert told.stamp
    assert told.sums > 1
    assert integrity(attested_case).sound
    assert agrees(attested_case, authority, 0)
    assert agrees(attested_case, authority, 1)


@pytest.mark.parametrize(
    "name",
    [
        "manifest.json",
        file_names.CMS,
        file_names.SM3,
        file_names.SM3_CMS,
        file_names.SUMS,
        file_names.ANSWER,
        file_names.REQUEST,
        "image",
    ],
)
@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_tampering_is_told(attested_case, name, harm):
    folder = attested_case
    path = next((folder / "private/objects").rglob("*.jp*g")) if name == "image" else folder / name
    was = path.read_bytes()
    try:
        path.unlink()
        if harm == "changed":
            data = bytearray(was)
            data[len(data) // 2] ^= 1
            path.write_bytes(bytes(data))
        told = attested(folder)
        assert told is not None
        assert told.problems or not integrity(folder).sound, f"{name} {harm} was not told"
    finally:
        path.write_bytes(was)


def test_the_answer_of_another_authority_is_not_taken(attested_case, authority):
    with pytest.raises(UsageError, match="not taken"):
        attach_stamp(attested_case, (authority / "answer.tsr").read_bytes(), (authority / "ec.pem").read_bytes())


def test_what_was_changed_since_its_seal_is_not_signed(authority, tmp_path):
    case = netaudit.audit(SMALL, tmp_path / "case", faces=False)
    table = case.folder / "tables" / "images.parquet"
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 1
    table.write_bytes(data)
    with pytest.raises(CaseError, match="changed after the case was sealed"):
        sign_case(case, signer(authority))
    assert not (case.folder / file_names.CMS).exists()


def harmed(path: Path, harm: str) -> None:
    data = bytearray(path.read_bytes())
    path.unlink()
    if harm == "changed":
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))
    elif harm == "cut":
        path.write_bytes(bytes(data[:-1]))


def told_of(folder: Path) -> bool:
    """Whether `netaudit verify` would end with another code than 0."""
    try:
        told = attested(folder)
        return not integrity(folder).sound or told is None or bool(told.problems)
    except CaseError:
        return True


def members(folder: Path) -> list[str]:
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return sorted(path.relative_to(folder).as_posix() for path in found if path.stat().st_size)


@pytest.mark.parametrize("harm", ["changed", "cut", "gone"])
def test_tampering_of_every_member_of_the_folder_is_told(attested_case, harm):
    names = members(attested_case)
    assert {"report.html", "report-frames.csv", "case.json", "custody.jsonl", "tables/findings.parquet"} <= set(names)
    assert not told_of(attested_case)
    silent = []
    for name in names:
        was = (attested_case / name).read_bytes()
        harmed(attested_case / name, harm)
        if not told_of(attested_case):
            silent.append(name)
        (attested_case / name).write_bytes(was)
    assert silent == []
    assert not told_of(attested_case)


@pytest.fixture(scope="module")
def exported(attested_case, tmp_path_factory) -> Path:
    """The shareable zip of a signed case, unpacked."""
    place = tmp_path_factory.mktemp("exported")
    export_shareable(netaudit.open_case(attested_case), place / "case.zip")
    with zipfile.ZipFile(place / "case.zip") as archive:
        archive.extractall(place / "case")
    return place / "case"


def test_an_export_of_a_signed_case_keeps_signature_and_stamp(exported, authority):
    told = attested(exported)
    assert told is not None
    assert (told.problems, told.unchecked) == ([], [])
    assert told.signer == "CN=Officer ec"
    assert told.stamp
    assert told.sums == 1  # of the manifest: images are not in an export
    assert integrity(exported).sound
    assert agrees(exported, authority, 0)
    assert agrees(exported, authority, 1)
    assert not (exported / "private").exists()


@pytest.mark.parametrize("harm", ["changed", "cut", "gone"])
def test_tampering_of_every_member_of_an_export_is_told(exported, harm):
    silent = []
    for name in members(exported):
        was = (exported / name).read_bytes()
        harmed(exported / name, harm)
        if not told_of(exported):
            silent.append(name)
        (exported / name).write_bytes(was)
    assert silent == []
    assert not told_of(exported)


def test_the_report_of_a_signed_case_names_signer_stamp_and_commands(attested_case, tmp_path):
    case = netaudit.open_case(attested_case)
    for lang, by in (("zh", "签名人 CN=Officer ec"), ("en", "by CN=Officer ec")):
        text = write_report(case, tmp_path / "r.html", lang).read_text(encoding="utf-8")
        assert by in text
        assert case.seal.manifest in text
        for command in OPENSSL:
            assert html.escape(command) in text
    unsigned = netaudit.audit(SMALL, tmp_path / "case", faces=False)
    assert "openssl cms" not in (unsigned.folder / "report.html").read_text(encoding="utf-8")

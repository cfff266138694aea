"""Runs the specification once, and holds what is written of it: outcome, number, signature, report."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from netaudit import __version__, audit, open_case
from netaudit.cli.app import app
from netaudit.cli.chinese import error_text
from netaudit.errors import UsageError
from netaudit.report.belonging import belonging
from netaudit.report.rewriting import note_validation, rewrite
from netaudit.validate import certificate
from netaudit.validate.judging import Outcome
from netaudit.validate.running import Validation

ROOT = Path(__file__).parents[2]
OUTCOMES = {name: Outcome(10) for name in certificate.ASSERTIONS}
SIGNED = [
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-subj",
    "/CN=Officer",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One run, signed where openssl is there."""
    place = tmp_path_factory.mktemp("validation")
    words = ["validate", "--out", str(place), "--lang", "en"]
    if shutil.which("openssl"):
        key, cert = place / "key.pem", place / "cert.pem"
        subprocess.run([*SIGNED, "-keyout", key, "-out", cert, "-days", "30"], check=True, capture_output=True)
        words += ["--key", str(key), "--cert", str(cert)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return place


def test_every_assertion_holds_on_this_computer(folder: Path) -> None:
    said = certificate.read_certificate(folder / "netaudit-validation.json")
    assert said["passed"], [one for one in said["assertions"] if one["failed"]]
    assert [one["id"] for one in said["assertions"]] == list(certificate.ASSERTIONS)
    assert said["answers"] >= 3000
    assert said["outcomes"] == certificate.outcomes_digest(OUTCOMES)  # the same everywhere
    for lang, word in (("en", "PASSED"), ("zh", "通过")):
        page = (folder / f"netaudit-validation-{lang}.txt").read_text("utf-8-sig")
        assert word in page
        assert said["number"] in page


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_its_signature_is_checked_by_openssl(folder: Path) -> None:
    data = folder / "netaudit-validation.json"
    words = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        folder / "netaudit-validation.p7s",
        "-content",
    ]
    more = ["-CAfile", folder / "cert.pem", "-purpose", "any"]
    assert subprocess.run([*words, data, *more], capture_output=True, check=False).returncode == 0
    other = folder / "other.json"
    other.write_bytes(data.read_bytes().replace(b'"passed": true', b'"passed": null'))
    assert subprocess.run([*words, other, *more], capture_output=True, check=False).returncode != 0


def test_a_changed_certificate_is_refused(folder: Path, tmp_path: Path) -> None:
    said = orjson.loads((folder / "netaudit-validation.json").read_bytes())
    changed = tmp_path / "changed.json"
    changed.write_bytes(orjson.dumps(said | {"answers": said["answers"] + 1}))
    with pytest.raises(UsageError, match="was changed"):
        certificate.read_certificate(changed)
    changed.write_bytes(b"{}")
    with pytest.raises(UsageError, match="is no certificate"):
        certificate.read_certificate(changed)
    other = said | {"code": "0" * 64}
    changed.write_bytes(orjson.dumps(other | {"number": certificate.number_of(other)}))
    with pytest.raises(UsageError, match="another copy"):
        certificate.of_this_copy(changed)


def test_a_report_carries_its_number_and_still_belongs(folder: Path, tmp_path: Path) -> None:
    case = tmp_path / "case"
    capture = ROOT / "pcaps" / "tls"
    capture = next(path for path in sorted(capture.rglob("*.pcap*")) if path.stat().st_size < 200_000)
    run = CliRunner().invoke
    assert run(app, ["audit", str(capture), "--case", str(case), "--no-faces"]).exit_code in (0, 3, 5)
    file = folder / "netaudit-validation.json"
    done = run(app, ["export", str(case), "html", "--certificate", str(file), "--lang", "en"])
    assert done.exit_code == 0, done.output
    number = orjson.loads(file.read_bytes())["number"]
    assert re.search(
        rf"certificate {number}[^<]*: all of [\d,]+ known answers given", (case / "report.html").read_text("utf-8")
    )
    told = run(app, ["verify", str(case), "--json", "--lang", "en"])
    assert json.loads(told.stdout)["report"]["status"] == "of this case"
    page = (case / "report.html").read_text("utf-8")
    assert "of the copy that wrote this report" in page
    assert f"The case was audited by netaudit {__version__}, the version of the certificate" in page


def test_a_report_says_which_copy_is_validated_and_which_one_audited(tmp_path: Path) -> None:
    case = audit(ROOT / "pcaps" / "carriers" / "s3.pcapng", tmp_path / "case", faces=False)
    said = certificate.read_certificate(_forged(tmp_path / "own.json"))
    note_validation(case, said | {"code": "0" * 64, "netaudit": "0.0.1"}, "")
    path = rewrite(open_case(case.folder), "en")
    page = path.read_text("utf-8")
    assert "of another copy than the one that wrote this report" in page
    assert f"The case was audited by netaudit {__version__}, which is NOT the version of the certificate" in page
    rewrite(open_case(case.folder), "zh")
    assert "属于另一软件副本" in path.read_text("utf-8")


def test_another_copy_of_the_same_version_finds_the_report_of_this_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = audit(ROOT / "pcaps" / "carriers" / "s3.pcapng", tmp_path / "case", faces=False)
    note_validation(case, certificate.read_certificate(_forged(tmp_path / "own.json")), "")
    rewrite(open_case(case.folder), "en")
    monkeypatch.setattr("netaudit.evidence.case.report_status.code_digest", lambda: "0" * 64)
    assert belonging(open_case(case.folder)).status == "of this case"


def _forged(path: Path, **other: object) -> Path:
    outcomes = {name: Outcome(10) for name in certificate.ASSERTIONS}
    made = certificate.certificate_of(Validation(outcomes, 1, 1, "0" * 64, 1.0)) | other
    made = {key: value for key, value in made.items() if value is not None}
    path.write_bytes(certificate.data_of(made | {"number": certificate.number_of(made)}))
    return path


@pytest.mark.parametrize(
    "other",
    [
        {"assertions": [], "answers": 9999}, {"passed": None}, {"passed": False}, {"answers": 9999}, {"outcomes": "0" * 64},
        {"assertions": "all"}, {"assertions": [{"id": name, "asked": 1, "failed": 0} for name in certificate.ASSERTIONS]}, {"assertions": [{"id": "A01", "asked": "10", "failed": 0, "examples": []}]},
    ],
)  # fmt: skip
def test_a_certificate_made_by_hand_is_refused(other: dict[str, object], tmp_path: Path) -> None:
    assert certificate.read_certificate(_forged(tmp_path / "own.json"))["passed"]
    with pytest.raises(UsageError, match="contradicts itself"):
        certificate.read_certificate(_forged(tmp_path / "forged.json", **other))


def test_a_certificate_is_of_these_signatures_too_and_of_who_signed_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="another copy"):
        certificate.of_this_copy(_forged(tmp_path / "other.json", signatures="0" * 64))
    own = _forged(tmp_path / "own.json")
    assert certificate.of_this_copy(own)
    assert certificate.signed_by(own) == ""
    own.with_suffix(".p7s").write_bytes(b"none")
    with pytest.raises(UsageError, match="is no signature over own") as caught:
        certificate.signed_by(own)
    for lang in ("zh", "en"):
        assert "cms_" not in error_text(caught.value, lang)


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_who_signed_a_certificate_is_told(folder: Path) -> None:
    assert certificate.signed_by(folder / "netaudit-validation.json") == "CN=Officer"


def test_outcomes_are_of_which_assertions_hold_and_not_of_how_many_answers() -> None:
    more = {name: Outcome(99) for name in OUTCOMES}
    assert certificate.outcomes_digest(OUTCOMES) == certificate.outcomes_digest(more)
    more["A23"].failed = 1
    assert certificate.outcomes_digest(OUTCOMES) != certificate.outcomes_digest(more)

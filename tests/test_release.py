"""The tool is as published: its list of files, what it depends on and under which licences, its bill of materials."""

from __future__ import annotations

import importlib.util
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest

from netaudit.system import release

ROOT = Path(__file__).parents[1]


def dependencies():
    spec = importlib.util.spec_from_file_location("netaudit_dependencies", ROOT / "packaging" / "dependencies.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A distribution as a wheel leaves it."""
    (tmp_path / "netaudit" / "cli").mkdir(parents=True)
    files = {"netaudit/a.py": b"a = 1\n", "netaudit/cli/b.yaml": b"b: 1\n"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    info = tmp_path / "netaudit_trial-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: netaudit-trial\nVersion: 1.0\n")
    lines = [f"{name},{release.hashed(data)},{len(data)}" for name, data in files.items()]
    lines += ["../../bin/netaudit,sha256=x,1", "netaudit_trial-1.0.dist-info/RECORD,,"]
    (info / "RECORD").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_installed_files_are_held_against_their_list(installed) -> None:
    found = release.release("netaudit-trial")
    assert (found.files, found.changed, found.missing, found.added) == (2, (), (), ())
    digest = found.digest
    (installed / "netaudit" / "a.py").write_bytes(b"a = 2\n")
    (installed / "netaudit" / "cli" / "b.yaml").unlink()
    (installed / "netaudit" / "more.py").write_bytes(b"")
    found = release.release("netaudit-trial")
    assert (found.changed, found.missing, found.added) == (
        ("netaudit/a.py",),
        ("netaudit/cli/b.yaml",),
        ("netaudit/more.py",),
    )
    assert found.digest == digest


def test_whoever_changes_the_list_too_has_another_digest(installed) -> None:
    before = release.release("netaudit-trial").digest
    data = b"a = 2\n"
    (installed / "netaudit" / "a.py").write_bytes(data)
    record = installed / "netaudit_trial-1.0.dist-info" / "RECORD"
    record.write_text(re.sub(r"a\.py,[^,]*", f"a.py,{release.hashed(data)}", record.read_text()))
    found = release.release("netaudit-trial")
    assert not found.changed
    assert found.digest != before


def test_a_checkout_has_no_list() -> None:
    assert release.release("netaudit-no-such-distribution") is None
    try:
        editable = "direct_url" in str(metadata.distribution(release.DISTRIBUTION).files)
    except metadata.PackageNotFoundError:
        editable = True
    if editable:
        assert release.release() is None or release.release().files


@pytest.mark.skipif(sys.platform != "linux", reason="of what is installed on one system")
def test_every_licence_is_known_and_agrees() -> None:
    """Asked of what is installed, without a network. A new dependency whose licence is not known fails here."""
    module = dependencies()
    wrong = {name: spdx for name, one in module.closure().items() if not module.agrees(spdx := module.licence(one))}
    assert wrong == module.ASKED_FOR
    bundled = re.search(r"^EXTRAS \?= (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[1].split(",")
    assert not set(bundled) & set(module.ASKED_FOR)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [("MIT", True), ("MIT AND (Apache-2.0 OR GPL-3.0-only)", True), ("MIT AND GPL-3.0-only", False), ("", False),
     ("Apache-2.0 WITH LLVM-exception", True), ("GPL-2.0-only", False)],
)  # fmt: skip
def test_expressions_of_licences(expression: str, allowed: bool) -> None:
    assert dependencies().agrees(expression) is allowed


def test_the_bill_of_materials_has_every_direct_dependency() -> None:
    module = dependencies()
    bill = module.sbom()
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    names = {one["name"] for one in bill["components"]}
    there = {module.normal(re.split(r"[<>=\[;!~ ]", one)[0]) for one in module.declared()}
    assert {name for name in there if name not in ("tzdata", "msvc-runtime")} <= names
    assert all(one["version"] and one["purl"].startswith("pkg:pypi/") for one in bill["components"])
    refs = {one["bom-ref"] for one in bill["components"]}
    assert set(bill["dependencies"][0]["dependsOn"]) == refs
    assert module.sbom() == bill

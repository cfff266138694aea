"""Steps: the project's own tests of the rooms that can run there, counted by what pytest writes down."""

from __future__ import annotations

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

from wheel import ROOT

if TYPE_CHECKING:
    from checking import Check

ROOMS = (
    "storage", "system", "text", "masking", "rows", "contracts", "packets", "streams", "capture", "signing",
)  # fmt: skip
PACKAGES = (
    "pytest", "hypothesis", "psutil", "colorama", "matplotlib", "scapy", "scikit-image", "jsonschema", "pandas",
)  # fmt: skip

ADAPTERS = "scapy/arch/windows/structures.py"  # asks for adapters as wine does not answer, when scapy is imported
LACKING = "scapy/arch/windows/sspi.py"  # asks for what wine has not when it is imported, and no test does with it


def steps(check: Check) -> None:
    """The sources of this commit, and the packages that their tests need."""
    prepared: list[Path] = []

    def room(name: str) -> str:
        if not prepared:
            prepared.append(_prepared(check))
        return _room(check, prepared[0], name)

    for name in ROOMS:
        check.step(f"tests of {name}", lambda name=name: room(name))


def _prepared(check: Check) -> Path:
    place, source = check.wine.disk / "tools", check.wine.disk / "source"
    words = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(place)]
    words += ["--platform", "win_amd64", "--python-version", check.wine.minor, "--only-binary=:all:", "--upgrade"]
    subprocess.run([*words, "-c", str(ROOT / "constraints.txt"), *PACKAGES], check=True, capture_output=True)
    (place / LACKING).write_text("", "ascii")
    with (place / ADAPTERS).open("a", encoding="ascii") as file:
        file.write("\n\ndef GetAdaptersAddresses(*_, **__):\n    return []\n")
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    listed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x", "-C", str(source)], input=listed, check=True)
    site = check.wine.program / "python" / "Lib" / "site-packages"  # processes that tests start have them, too
    (site / "tests-of-netaudit.pth").write_text("C:\\source\nC:\\tools\n", "ascii")
    return source


def _room(check: Check, source: Path, name: str) -> str:
    told = check.wine.place / f"tests-{name.replace('/', '-')}"
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml=Z:{told}.xml", f"tests/{name}")
    done = check.wine.run(check.wine.program / "python/python.exe", *words, folder=source)
    told.with_suffix(".txt").write_bytes(done.stdout + done.stderr)
    suite = ET.parse(told.with_suffix(".xml")).getroot().find("testsuite")
    assert suite is not None
    count = {what: int(suite.attrib[what]) for what in ("tests", "failures", "errors", "skipped")}
    passed = count["tests"] - count["failures"] - count["errors"] - count["skipped"]
    figures = f"{passed} passed, {count['skipped']} skipped"
    bad = [case.attrib["name"] for case in suite.iter("testcase") if {one.tag for one in case} & {"failure", "error"}]
    return f"ok {figures}" if passed and not bad else f"{figures}, failed: {bad[:6]}, {len(bad)} in all"

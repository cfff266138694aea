"""Files that options name: pipes, devices, circles of links, folders and giants are refused by name, at once."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import netaudit
from netaudit.cli.app import app
from netaudit.errors import UsageError
from tests.site import CAMERA, Site

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 20  # seconds: none is waited for, and none read to its end


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = Site()
    site.arp(CAMERA)
    return site.write(tmp_path_factory.mktemp("given") / "a.pcap")


@pytest.fixture(scope="module")
def case(capture: Path) -> Path:
    return netaudit.audit(capture, capture.parent / "case", workers=1, faces=False).folder


def hostile(kind: str, folder: Path) -> Path:
    """A name that leads to something that is no plain file of a bounded size."""
    path = folder / "given.txt"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "circle":
            path.symlink_to(path)
        case "folder":
            path.mkdir()
        case "giant":
            with path.open("wb") as file:
                file.truncate(8 << 30)
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
@pytest.mark.parametrize("kind", ["pipe", "device", "circle", "folder", "giant"])
@pytest.mark.parametrize(
    "words",
    [
        (
            "audit",
            "{capture}",
            "--case",
            "{out}",
            "--tls-keys",
            "{given}",
            "--keys-for",
            "all",
            "--authority",
            "consent",
        ),
        ("audit", "{capture}", "--case", "{out}", "--project-key", "{given}"),
        ("audit", "{capture}", "--case", "{out}", "--moments", "{given}"),
        ("--config", "{given}", "show", "{case}"),
        ("campaign", "run", "{given}", "--out", "{out}"),
        ("sign", "{case}", "--p12", "{given}"),
        ("sign", "{case}", "--key", "{given}", "--cert", "{given}"),
        ("sign", "{case}", "--answer", "{given}", "--authority", "{given}"),
    ],
    ids=lambda words: " ".join(word for word in words if "{" not in word),
)
def test_what_is_no_plain_file_is_refused(
    capture: Path, case: Path, tmp_path: Path, words: tuple[str, ...], kind: str
) -> None:
    given, out = hostile(kind, tmp_path), tmp_path / "out"
    begun = time.monotonic()
    said = [word.format(capture=capture, case=case, out=out, given=given) for word in words]
    ran = CliRunner().invoke(app, said)
    assert isinstance(ran.exception, UsageError), (ran.exception, ran.output)
    assert given.name in str(ran.exception)
    assert not out.exists()
    assert time.monotonic() - begun < LONGEST

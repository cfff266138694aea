"""Commands in documents are commands: the command line takes every one, and they run where `make install` put them."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from netaudit.cli.app import app
from netaudit.cli.exits import Exit
from netaudit.cli.helping import language_first
from tests.written_commands import ROOT, Written, named_places, written

WRITTEN = written()
STANDING = {"CAPTURE": "office.pcapng", "CASE": "case", "DEVICE": "192.168.1.64", "MESSAGE": "MESSAGE", "DIR": "mine"}
NOT_RUN = {  # by what a command has among its words: why nobody can run it anywhere
    "live": "listens to a network until somebody ends it (tests/pipeline/live)",
    "browse": "serves until somebody ends it (tests/browse)",
    "docs": "opens a browser",
    "--resume": "asks for an audit that was cut off (tests/pipeline)",
    "--wireshark": "opens a window",
    "--warm": "compiles for minutes (make test does it)",
    "--answer": "asks for the answer of a time-stamping authority (tests/evidence/signing)",
    "pdf": "asks for a browser (tests/report/exports)",
    "sudo": "is for who may record",
    "--by": "asks for Wireshark or dpkt (tests/evidence/crosscheck)",
}


def _only_named(one: Written) -> bool:
    """Whether a sentence names a command or an option of it, and no page tells anybody to type just that."""
    behind = one.words[2 if one.words[0] in ("rules", "campaign") else 1 :]
    return not behind or (len(behind) == 2 and behind[0] == "--by")


@pytest.mark.parametrize("one", WRITTEN, ids=lambda one: f"{one.page}: {one.text[:60]}")
def test_the_command_line_takes_it(one: Written) -> None:
    """Its command is there, has these options, and as many arguments."""
    command: Any = typer.main.get_command(app)
    said = words = language_first(Written(one.page, named_places(one.text, STANDING)).words)
    if words[:1] == ["--lang"]:
        words = words[2:]
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    assert command.name != "netaudit" or words[0].startswith("-"), said
    parser = command.make_parser(typer.Context(command, **command.context_settings))
    values, left, _ = parser.parse_args(list(words))
    assert not left, said
    needed = [param.name for param in command.params if param.required and not values.get(param.name)]
    assert not needed or _only_named(one), (said, needed)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment of somebody who ran `make install`, in an empty home."""
    home = tmp_path_factory.mktemp("home")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "NETAUDIT"))}
    words = ["make", "install", f"PREFIX={home / '.local'}"]
    done = subprocess.run(words, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {"PATH": f"{home}/.local/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", "NETAUDIT_QUIET": "1"}


@pytest.fixture(scope="module")
def place(installed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the pages' users have: captures, cases, a key for hashes, a plan, signatures of their own."""
    folder = tmp_path_factory.mktemp("user")
    shutil.copy(ROOT / "pcaps/benign_office/benign.pcap", folder)
    for name in ("office.pcapng", "lan.pcapng", "other-office.pcapng"):
        shutil.copy(ROOT / "pcaps/sales_office/lan.pcapng", folder / name)
    shutil.copy(ROOT / "pcaps/sales_office/keylog.txt", folder / "browser.keys")
    (folder / "captures").mkdir()
    shutil.copy(folder / "office.pcapng", folder / "captures" / "north.pcapng")
    shutil.copy(folder / "benign.pcap", folder / "captures" / "south.pcap")
    (folder / "mine/devices").mkdir(parents=True)
    (folder / "notes.csv").write_text("2025-06-01 10:00:00,passes the door camera\n", "utf-8")
    (folder / "project.key").write_bytes(b"k" * 32)
    (folder / "plan.csv").write_text("site,capture\nNorth,captures/north.pcapng\n", "utf-8")
    for case in ("case", "office-case", "march-case"):
        _run(installed, folder, f"netaudit audit office.pcapng --case {case}")
    (folder / "may.pcap").write_bytes(_later((ROOT / "pcaps/benign_office/benign.pcap").read_bytes()))
    _run(installed, folder, "netaudit audit may.pcap")
    for key, cert in (("key.pem", "cert.pem"), ("officer.key.pem", "officer.pem")):
        words = f"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=officer -keyout {key} -out {cert}"
        _run(installed, folder, words)
    settings = Path(installed["HOME"], ".config/netaudit/netaudit.toml")
    settings.parent.mkdir(parents=True)
    settings.write_text(f'sign_key = "{folder}/key.pem"\nsign_cert = "{folder}/cert.pem"\n', "utf-8")
    _run(installed, folder, "netaudit campaign plan captures")
    _run(installed, folder, "netaudit campaign run captures --out campaign --project-key project.key")
    _run(installed, folder, "netaudit validate --out validation")
    return folder


def _later(capture: bytes) -> bytes:
    """A capture in pcap as it would be sixty days later."""
    data, at = bytearray(capture), 24
    while at < len(data):
        seconds, _, length = struct.unpack_from("<3I", data, at)
        struct.pack_into("<I", data, at, seconds + 60 * 86_400)
        at += 16 + length
    return bytes(data)


def _run(env: dict[str, str], folder: Path, text: str) -> str:
    done = subprocess.run(
        ["bash", "-c", text], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode in (Exit.AUDITED, Exit.UNJUDGED), (
        f"{text}\n{done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    )
    return done.stdout


def _of_the_case(folder: Path, text: str) -> str:
    """A command with the finding, the message and the hash of this case in the place of the pages' own."""
    import netaudit

    case = netaudit.open_case(folder / "case")
    message = case.table("messages")["message_id"][0].as_py()
    text = text.replace("F14371f4d", case.table("findings")["finding_id"][0].as_py())
    text = text.replace("3e14cf5c", case.table("images")["sha256"][0].as_py()[:8])
    return named_places(text, STANDING | {"MESSAGE": message})


RUN = [
    one for one in WRITTEN if not _only_named(one) and not set(one.words) & NOT_RUN.keys() and "sudo" not in one.text
]


@pytest.mark.long
@pytest.mark.parametrize("one", RUN, ids=lambda one: f"{one.page}: {one.text[:60]}")
def test_it_runs_in_an_installation(one: Written, installed: dict[str, str], place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "user"
    shutil.copytree(place, folder, symlinks=True)
    text = _of_the_case(folder, one.text)
    new = {"audit": "--case", "campaign": "--out"}.get(one.words[0])
    if new and new in one.words:  # a case that is there is not written over
        shutil.rmtree(folder / one.words[one.words.index(new) + 1], ignore_errors=True)
    elif one.words[:2] == ["campaign", "plan"]:
        (folder / "captures" / "plan.csv").unlink()
    elif one.words[0] == "audit":
        shutil.rmtree(folder / "office-case")
        shutil.rmtree(folder / "lan-case", ignore_errors=True)
    _run(installed, folder, text)

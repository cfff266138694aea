"""What every entry of READERS claims of itself is held against what it reads in a capture, or in the test that makes one."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

from netaudit.core.contracts.details import StatedDetails
from netaudit.core.signatures.loading import load
from netaudit.protocols.message import DOWN, Message
from netaudit.protocols.readers import ALIASES, READERS, Entry, named
from tests.protocols.read_from import READ_FROM
from tests.protocols.test_captures import messages_of

ROOT = Path(__file__).parents[2]
ENTRIES = [pytest.param(entry, id=f"{entry.name}-{entry.transport}") for entry in READERS]
UNBOUND = {  # whose answers have no `request`
    # facts of hosts: each message stands for itself
    "dhcp", "dhcpv6", "snmp", "ntp", "ssdp", "discovery", "stun", "ssh",
    # one command after the other, files given when they end, or frames in which nothing says what they answer
    "ftp", "smtp", "smb", "nfs", "tftp", "websocket", "unknown",
    "dahua", "ezviz", "ezviz_vtm", "sofia", "ehome", "idcard", "tplink", "hcnet",
}  # fmt: skip


@functools.cache
def read(path: str) -> list[Message]:
    return messages_of(ROOT / path, 16 << 20)


@functools.cache
def imported(path: str) -> set[str]:
    """Modules that a test imports, or takes something from."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return {node.module for node in froms} | {f"{node.module}.{one.name}" for node in froms for one in node.names}


def of(entry: Entry) -> list[Message]:
    """What an entry reads of its capture."""
    names = ALIASES.get(entry.name, (entry.name,))
    return [one for one in read(READ_FROM[f"{entry.name}-{entry.transport}"]) if one.protocol in names]


def is_made(entry: Entry) -> bool:
    return READ_FROM.get(f"{entry.name}-{entry.transport}", "").endswith(".py")


def test_every_entry_has_a_capture_or_a_test_that_makes_one() -> None:
    assert READ_FROM.keys() == {f"{entry.name}-{entry.transport}" for entry in READERS}, "tests/protocols/read_from.py"


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_reads_there(entry: Entry) -> None:
    if is_made(entry):
        path = READ_FROM[f"{entry.name}-{entry.transport}"]
        assert entry.recognise.__module__ in imported(path), f"{path} takes nothing of {entry.recognise.__module__}"
    else:
        assert of(entry)


@pytest.mark.parametrize("entry", ENTRIES)
def test_who_says_that_it_states_hosts_does_and_nobody_else(entry: Entry) -> None:
    """Whose facts would be lost, or who has an observer that never hears of any."""
    if is_made(entry):
        twin = [one for one in READERS if one.name == entry.name and not is_made(one)]
        assert twin or not entry.states_hosts, "it states hosts: a capture in pcaps/ shows it"
        return
    stated = [one for one in of(entry) if type(one.details) is StatedDetails and one.details.said]
    assert bool(stated) == (entry.name in named("states_hosts"))


@pytest.mark.parametrize("entry", [one for one in ENTRIES if one.values[0].states_hosts and not is_made(one.values[0])])
def test_kinds_of_facts_that_it_states_are_in_the_vocabulary(entry: Entry) -> None:
    kinds = {field.partition(".")[0] for field in load().vocabulary.fields}
    stated = {one.details.family for one in of(entry) if type(one.details) is StatedDetails and one.details.said}
    assert stated
    assert stated <= kinds


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_answer_is_bound_to_its_request_or_nothing_says_to_which(entry: Entry) -> None:
    if is_made(entry):
        text = (ROOT / READ_FROM[f"{entry.name}-{entry.transport}"]).read_text(encoding="utf-8")
        bound, asked = ".request" in text, "down(" in text or "DOWN" in text
    else:
        answers = [one for one in of(entry) if one.direction == DOWN]
        bound, asked = any(one.request is not None for one in answers), bool(answers)
    if entry.name in UNBOUND:
        assert not bound, "it does bind them: no longer one of UNBOUND"
    else:
        assert bound or not asked, f"{entry.name}: `request` of its answers, or an entry of UNBOUND"

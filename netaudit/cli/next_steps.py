"""What can be done after an audit: how to look at it, and, where nothing was seen to leave, how to see more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from netaudit.cli.texts import say
from netaudit.findings.understanding import NOT_AT_ALL
from netaudit.findings.vocabulary import GRADE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.evidence.case.reading import Case

BESIDE_CLOUD = ("lan", "both")  # vantages from which cameras and servers inside are heard


def open_ends(case: Case) -> dict[str, int]:
    """What would show more, by its name, with a number: empty where content was seen to leave or come back.

    `keys`: encrypted uploads; `marks`: encrypted uploads and no marked moment; `place`: not captured inside, or nothing
    heard between two devices inside; `rules`: messages with a face or a person that nobody understands.
    """
    if any(GRADE[letter].seen for letter in case.table("findings", ["certainty"])["certainty"].to_pylist()):
        return {}
    found: dict[str, int] = {}
    if uploads := pc.sum(case.table("upload_counts", ["uploads"])["uploads"]).as_py():
        found["keys"] = uploads
        if not case.table("moments", ["moment_id"]).num_rows:
            found["marks"] = uploads
    if case.manifest["vantage"]["side"] not in BESIDE_CLOUD or not _heard_inside(case):
        found["place"] = 1
    ledgers = case.table("ledgers", ["ledger", "reason", "count"])
    unread = ledgers.filter(
        pc.and_(pc.equal(ledgers["ledger"], "understanding"), pc.equal(ledgers["reason"], NOT_AT_ALL))
    )
    if unread.num_rows:
        found["rules"] = int(pc.sum(unread["count"]).as_py())
    return found


def _heard_inside(case: Case) -> bool:
    """Whether two inside ends were heard speaking with each other in a protocol that carries content."""
    inside = {row["ip"] for row in case.table("endpoints", ["ip", "scope"]).to_pylist() if row["scope"] == "inside"}
    flows = case.table("flows", ["client_ip", "server_ip", "transport", "payload_up"])
    some = flows.filter(pc.and_(pc.equal(flows["transport"], "tcp"), pc.greater(flows["payload_up"], 0)))
    return any(
        row["client_ip"] in inside and row["server_ip"] in inside
        for row in some.select(["client_ip", "server_ip"]).to_pylist()
    )


def command() -> str:
    """How this program was called, so that it can be called so again."""
    name = Path(sys.argv[0])
    if name.name == "__main__.py":
        return f"{Path(sys.executable).name} -m netaudit"
    return sys.argv[0] if name.stem == "netaudit" and name.parent.name else "netaudit"


def lines(summary: dict[str, Any], case: Path, lang: str) -> Iterator[str]:
    """How to look at the case, and what else can be done."""
    called = command()
    yield say("look", lang, command=f"{called} browse {case}")
    steps: dict[str, int] = summary.get("open_ends") or {}
    if steps:
        yield say("next", lang)
        for name, number in steps.items():
            yield "  " + say(f"next_{name}", lang, n=number, command=called, case=case)

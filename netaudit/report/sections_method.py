"""With what was judged: the face detector with its thresholds and measured errors, and the rules with their hash."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

import netaudit
from netaudit.images import face_verdict, model

if TYPE_CHECKING:
    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike
    from netaudit.report.wording import Wording

RULE_ROOMS = ("findings", "relays", "identity_data", "endpoints")  # whose modules say what a finding is
MOST_RULES = 40


def measured(case: CaseLike, judged: Judgements, w: Wording) -> dict[str, Any]:
    """Lines on detector and rules; `looked` is false where faces were not looked for."""
    options = case.manifest.get("options") or {}
    figures = {
        "sha256": model.WEIGHTS_SHA256, "both": face_verdict.BOTH, "clear": face_verdict.CLEAR,
        "first": face_verdict.CLEAR_FIRST, "small": face_verdict.MIN_SIDE,
    }  # fmt: skip
    used = sorted({rule for finding in judged.all for rule in str(finding["rule"] or "").split()})
    same = case.manifest.get("netaudit_version") in (None, netaudit.__version__)
    digest = rules_hash() if same else ""
    return {
        "looked": options.get("faces", True) is not False,
        "lines": [line.format(**figures) for line in w.t.group("measured").values()],
        "rules": w.t("rules_used", rules=w.t("lead_comma").join(_asked(rule, w) for rule in used[:MOST_RULES]))
        if used
        else "",
        "digest": w.t("rules_hash", sha256=digest) if digest else "",
    }


def _asked(rule: str, w: Wording) -> str:
    """A rule with its version, and what it asks."""
    words = w.t.known("finding_rule", rule.partition("/")[0])
    return w.t("party_about", name=w.exact(rule, 60), about=words) if words else w.exact(rule, 60)


def rules_hash() -> str:
    """SHA-256 over the names and sources of the rooms that judge; empty where sources were not installed."""
    made = hashlib.sha256()
    count = 0
    for room in RULE_ROOMS:
        for file in sorted(resources.files(f"netaudit.{room}").iterdir(), key=lambda one: one.name):
            if file.name.endswith(".py"):
                made.update(f"{room}/{file.name}\n".encode() + file.read_bytes().replace(b"\r\n", b"\n"))
                count += 1
    return made.hexdigest() if count else ""


def applying(case: CaseLike, w: Wording) -> list[str]:
    """What docs/threats.md says of the ledgers that have open rows in this case."""
    ledgers = case.table("ledgers", ["ledger", "understood"]).to_pylist()
    unsure = {row["ledger"] for row in ledgers if not row["understood"]}
    return [text for ledger, text in w.t.group("limit_where").items() if ledger in unsure]

"""How a case came about: when and how it was made, with what it was judged, how a live one was recorded.

The first is the one block of a report that differs between two runs over the same captures. Judged: the face detector
with its thresholds and measured errors, and the rules with their hash. Recorded: by what, what was lost on the way, why
it stopped.
"""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

from netaudit.evidence.case.custody import broken, entries
from netaudit.images import face_verdict, model
from netaudit.version import __version__

if TYPE_CHECKING:
    from netaudit.evidence.case.report_status import Moment
    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike
    from netaudit.report.wording import Wording

RULE_ROOMS = (
    "findings",
    "findings.correlation",
    "events.identity",
    "devices.endpoints",
)  # modules that decide findings
MOST_RULES = 40


def measured(case: CaseLike, judged: Judgements, w: Wording) -> dict[str, Any]:
    """Lines on detector and rules; `looked` is false where faces were not looked for."""
    options = case.manifest.get("options") or {}
    figures = {
        "sha256": model.WEIGHTS_SHA256, "both": face_verdict.BOTH, "clear": face_verdict.CLEAR,
        "first": face_verdict.CLEAR_FIRST, "small": face_verdict.MIN_SIDE,
    }  # fmt: skip
    used = sorted({rule for finding in judged.all for rule in str(finding["rule"] or "").split()})
    same = case.manifest.get("netaudit_version") in (None, __version__)
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


LOSSES = {"kernel": "live_lost_kernel", "interface": "live_lost_interface", "own": "live_lost_own"}
STOPPED = {
    "asked": "live_stopped_asked",
    "duration": "live_stopped_duration",
    "disk_full": "live_stopped_disk_full",
    "ring_full": "live_stopped_ring_full",
    "too many files": "live_stopped_files",
    "day over": "live_stopped_day",
    "case full": "live_stopped_full",
    "": "live_stopped_unknown",
}
MOST_FILES = 20  # overwritten files named


def live(case: CaseLike, w: Wording) -> dict[str, Any] | None:
    """Facts of the live run; None for a case that was audited from files."""
    facts = getattr(case, "run", {}).get("live")
    if not isinstance(facts, dict):
        return None
    lost = {name: facts.get(f"dropped_{name}") or 0 for name in LOSSES}
    losses = [w.t(LOSSES[name], n=w.number(count)) for name, count in lost.items() if count]
    if untold := facts.get("untold_runs"):
        losses.append(w.t("live_lost_unknown", n=w.number(untold)))
    gone = [str(name) for name in facts.get("overwritten") or []]
    stopped = str(facts.get("stopped", ""))
    return {
        "interface": w.exact(facts.get("interface")),
        "recorder": w.t("live_recorder_another")
        if facts.get("recorder") == "another"
        else w.text(str(facts.get("recorder", "")), 40),
        "filter": w.exact(facts.get("filter")) if facts.get("filter") else "",
        "received": w.number(facts.get("received") or 0),
        "bad": bool(losses),
        "lost": ", ".join(losses) or w.t("live_lost_none"),
        "stopped": w.t(STOPPED[stopped]) if stopped in STOPPED else w.text(stopped, 80),
        "overwritten": w.t("live_overwritten_files", n=w.number(len(gone)), names=", ".join(gone[:MOST_FILES]))
        if gone
        else "",
    }


MOST_PROBLEMS = 10  # of the chain


def _settings(settings: object, w: Wording) -> str:
    """The file of settings that took part; empty where none did."""
    if not isinstance(settings, dict):
        return ""
    options = settings.get("options")
    names = ", ".join(str(one) for one in options) if isinstance(options, list) else ""
    return w.t(
        "run_settings_file", name=w.exact(settings.get("name"), 80), of=w.exact(settings.get("of"), 20),
        options=w.exact(names, 300), sha256=w.exact(settings.get("sha256"), 64),
    )  # fmt: skip


def run(case: CaseLike, w: Wording, at: Moment) -> dict[str, Any]:
    """Times of the audit, how many worked at it, and the end of the chain when this was written."""
    facts = getattr(case, "run", {})
    folder = getattr(case, "folder", None)
    lines = entries(folder)[: at.lines] if folder is not None else []
    problems = broken(folder) if folder is not None else []
    return {
        "made": w.exact(at.made, 60),
        "settings": _settings(facts.get("settings"), w),
        "started": w.exact(facts.get("started_utc"), 60),
        "finished": w.exact(facts.get("finished_utc"), 60),
        "workers": w.number(facts["workers"]) if isinstance(facts.get("workers"), int) else "",
        "custody": w.t("run_custody_broken" if problems else "run_custody_holds", n=w.number(len(lines)))
        if lines
        else "",
        "broken": [w.sentence(problem, 300) for problem in problems[:MOST_PROBLEMS]],
        "head": w.exact(lines[-1]["hash"]) if lines else "",
    }

"""How a live case was recorded: by what, what was lost on the way, why it stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netaudit.report.reading import CaseLike
    from netaudit.report.wording import Wording

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

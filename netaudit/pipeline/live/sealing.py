"""What goes into the chain of custody of a live case, and what is read back from it when the run that wrote it died."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.evidence.case.custody import entries
from netaudit.evidence.case.seal import seal
from netaudit.evidence.case.sealed import NOTED
from netaudit.version import __version__

if TYPE_CHECKING:
    from netaudit.capture.source import Source
    from netaudit.evidence.case.custody import Custody
    from netaudit.evidence.case.moments import Notes

RECORDING_ENDED = "recording ended"  # the line with all facts of a recording


def facts_of(source: Source) -> dict[str, Any]:
    """What custody says of a recorded file."""
    return {
        "file": Path(source.name).name,
        "bytes": source.size,
        "sha256": source.sha256,
        "packets": source.packets_read,
        "drops": source.drops,
        "damage": list(source.damage),
    }


def note_moments(custody: Custody, notes: Notes | None) -> None:
    """A line for moments that were noted by hand: from which file, with which hash, and which they are."""
    if notes is not None:
        custody.note(NOTED, **notes.facts())


def seal_case(custody: Custody, folder: Path) -> None:
    """The last lines of an audit: that it came to its end, and the seal over all that is there."""
    custody.note("concluded", version=__version__)
    seal(folder, custody)


def recording_facts(folder: Path) -> dict[str, Any]:
    """How a recording was made and what it lost, by the chain of its case: the last word on it, or what led to none.

    Where the recording was not ended by netaudit, runs of the recorder that told nothing are counted as
    `untold_runs`, and nothing is said of why it stopped.
    """
    chain = entries(folder)
    keys = {"number", "when", "what", "previous", "hash"}
    for line in reversed(chain):
        if line["what"] == RECORDING_ENDED:
            return {key: value for key, value in line.items() if key not in keys}
    begun = next((line for line in chain if line["what"] == "begun"), {})
    started = [line for line in chain if line["what"] == "recorder started"]
    counts = [line for line in chain if line["what"] == "recorder ended" and "received" in line]
    overwritten = [line for line in chain if line["what"] == "overwritten"]
    in_files = sum(_count(line, "drops") for line in chain if line["what"] == "recorded")
    return {
        "interface": begun.get("interface", ""),
        "recorder": started[-1].get("recorder", "") if started else "",
        "filter": begun.get("filter", ""),
        "snaplen": begun.get("snaplen", 0),
        "stopped": "",
        "overwritten": [str(line.get("file")) for line in overwritten],
        "received": sum(_count(line, "received") for line in counts),
        "dropped_kernel": max(in_files, sum(_count(line, "dropped_kernel") for line in counts)),
        "dropped_interface": sum(_count(line, "dropped_interface") for line in counts),
        "dropped_own": sum(_count(line, "packets_not_audited") for line in overwritten),
        "untold_runs": max(1, len(started) - len(counts)),
    }


def _count(line: dict[str, Any], name: str) -> int:
    value = line.get(name)
    return value if isinstance(value, int) else 0

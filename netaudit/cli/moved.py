"""Commands and options under their former names: whoever types one is told the present spelling."""

from __future__ import annotations

COMMANDS = {
    "report": "export CASE html",
    "record": "export CASE docx",
    "stamp": "sign CASE --stamp",
    "repeat": "verify CASE --by netaudit",
    "wireshark": "extract CASE WHAT --wireshark",
    "interfaces": "live",
    "start": "browse",
    "warm": "doctor --warm",
    "devices": "show CASE devices",
    "devices list": "show CASE devices",
    "devices set": "decide CASE DEVICE",
    "signatures": "rules",
    "signatures check": "rules check",
    "signatures list": "rules list",
    "signatures test": "rules test",
    "signatures explain": "explain CASE DEVICE",
    "signatures new": "rules new CASE DEVICE",
    "documents": "rules",
    "documents check": "rules check",
    "documents explain": "explain CASE MESSAGE",
    "documents new": "rules new CASE MESSAGE",
    "campaign status": "campaign show DIR",
    "campaign compare": "campaign show DIR QUESTION",
}
OPTIONS = {
    "export --shareable": "export CASE zip -o FILE",
    "export --pdf": "export CASE pdf -o FILE",
    "export --xlsx": "export CASE xlsx -o FILE",
    "export --case-uco": "export CASE case-uco -o FILE",
    "export --eve": "export CASE eve -o FILE",
    "audit --moment-zone": "audit --zone",
    "extract --print": "extract CASE WHAT --wireshark",
}


def moved(path: str, word: str, after: str = "") -> str | None:
    """The present spelling of a command below `path` ("" or "campaign"), or of an option of the command `path`."""
    name = f"{path} {word}".strip()
    if word.startswith("-"):
        return OPTIONS.get(name.partition("=")[0])
    return COMMANDS.get(f"{name} {after}") or COMMANDS.get(name)

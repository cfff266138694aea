"""Commands that documents tell users to type: read out of the pages, and what stands there for what users have."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
_INLINE = re.compile(r"`(netaudit [^`]+)`")
_BEGIN = ("netaudit ", "sudo netaudit ")
_NAMED = re.compile(r"(?<![\w/.-])(CAPTURE|CASE|DEVICE|MESSAGE|DIR)(?![\w.-])")


class Written(NamedTuple):
    """A command as a page has it."""

    page: str
    text: str  # one line for a shell

    @property
    def words(self) -> list[str]:
        """Words after `netaudit`, as a shell gives them; what is piped or redirected is left out."""
        words = shlex.split(re.split(r"\s[|>]\s", self.text)[0])
        return words[words.index("netaudit") + 1 :]


def pages() -> list[Path]:
    """Every page for users and developers, in both languages."""
    named = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named += [
        path for folder in ("benchmarks", "notebooks", "pcaps", "signatures") for path in (ROOT / folder).glob("*.md")
    ]
    return sorted(path for path in named if path.name != "CHANGELOG.md")


def written() -> list[Written]:
    """Commands of all pages, each with its first page: of blocks, and of sentences where they have an argument."""
    found: dict[str, str] = {}
    for path in pages():
        page = path.relative_to(ROOT).as_posix()
        for text in commands_of(path.read_text("utf-8")):
            found.setdefault(text, page)
    return [Written(page, text) for text, page in found.items()]


def commands_of(text: str) -> list[str]:
    """Commands of a page: of its blocks, and of sentences in backquotes."""
    found, inside = [], False
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("```"):
            inside = not inside
        elif inside or line.startswith("    "):
            command = line.strip().removeprefix("$ ").partition("  #")[0].strip()
            while command.endswith("\\"):
                command = command[:-1] + next(lines).strip().partition("  #")[0].strip()
            if command.startswith(_BEGIN):
                found.append(command)
        else:
            found += _INLINE.findall(line)
    return [one for one in found if not one.endswith((" …", " ..."))]


def named_places(text: str, standing: dict[str, str]) -> str:
    """A command with what stands for a user's own names replaced: CASE, DIR … and …"""
    return _NAMED.sub(lambda found: standing[found[1]], text).replace('"…"', '"audit 17"').replace("…", "file-17")

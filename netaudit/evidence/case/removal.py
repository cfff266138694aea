"""Private data that goes by a rule which the seal foresees, so that its absence is no damage.

The rule stands in the line `begun` of a chain, hence below the seal, and in manifest.json:

    "removal": {"day": "2026-11-29", "private_days": 30, "room": true}

After that day and so many more, what lies under `private/` may go (but the log of who saw what unmasked); with `room`
earlier, where the disk of an appliance has no more of it. A line of the chain says so before anything is removed, so
that a removal that was cut off is carried on, and what is missing without a line stays missing. What was gone by then,
or not as sealed, is counted and named in that line, and the case stays unsound: a removal heals nothing.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from netaudit.core.system.desktop_files import is_left_by_desktop
from netaudit.evidence.case.custody import Custody
from netaudit.evidence.case.removal_rule import REMOVED, removable

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.evidence.case.seal import Fact

MOST_NAMED = 2000  # in a line, which may have 1 MiB


def remove_private(folder: Path, why: str) -> int:
    """Say in the chain that the private data of a sealed case goes, then remove it; gives the bytes freed.

    The caller has looked at the rule. What cannot be removed now stays, and goes when it is called again.
    """
    from netaudit.evidence.case.custody import entries
    from netaudit.evidence.case.seal import members, sealed_files

    names = [name for name in members(folder) if removable(name)]
    sizes = {name: (folder / name).lstat().st_size for name in names}
    with Custody(folder) as custody:
        if not any(line["what"] == REMOVED for line in entries(folder)):
            sealed = sealed_files(folder, custody.number)
            before = _wrong(folder, sizes, {name: fact for name, fact in sealed.items() if removable(name)})
            digest = hashlib.sha256("\n".join(before).encode()).hexdigest()  # of all of them, where not all are named
            named = {"before": before[:MOST_NAMED], "before_sha256": digest} if before else {}
            custody.note(REMOVED, why=why, files=len(names), bytes=sum(sizes.values()), wrong=len(before), **named)
        for name in names:
            (folder / name).unlink(missing_ok=True)
    _remove_empty(folder / "private")
    return sum(sizes.values())


def _wrong(folder: Path, sizes: dict[str, int], sealed: dict[str, Fact]) -> list[str]:
    """Private files that are gone, changed, or that nobody sealed, sorted. Reads them all."""
    from netaudit.evidence.case.seal import hashed

    wrong = [name for name in sizes if name not in sealed and not is_left_by_desktop(name.rpartition("/")[2])]
    wrong += [name for name, fact in sealed.items() if sizes.get(name) != fact.bytes or hashed(folder / name) != fact]
    return sorted(wrong)


def _remove_empty(folder: Path) -> None:
    """Take away folders in which nothing is left; links are not followed."""
    for path in sorted(folder.rglob("*"), key=lambda one: len(one.parts), reverse=True):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()

"""What was called otherwise in tables of earlier versions: tables, columns, codes within columns.

Who renames something adds a line; `tests/core/schema/test_renamed.py` holds the columns of each released version
against it.
"""

from __future__ import annotations

from typing import NamedTuple


class Renamed(NamedTuple):
    """A name that is another one from a version of the tables on; `new` is empty for what is gone."""

    since: int
    place: str  # table.column of a code; empty for a table or a column
    old: str
    new: str
    partly: bool = False  # some of them only: others keep their name


RENAMED = (
    Renamed(4, "", "relay_tests.claimed", "relay_tests.standing"),
    Renamed(4, "", "relay_tests.least", ""),
    Renamed(4, "relay_tests.claimed", "True", "claimed"),
    Renamed(4, "relay_tests.claimed", "False", "go together, by chance"),
    Renamed(4, "findings.rule", "relayed-count/1", "go-together/1"),
    Renamed(4, "findings.act", "queried", ""),
    Renamed(4, "findings.act", "retrieved", "delivered from outside", partly=True),
    Renamed(4, "flows.protocol", "smb", "smb-encrypted", partly=True),
    Renamed(4, "images.face", "yes", "as its parent", partly=True),
)
WORDED = 4  # version from which on columns of reasons hold codes: sentences stood in them before


def renamed_since(version: int) -> list[Renamed]:
    """What is called otherwise now than in tables of a version."""
    return [one for one in RENAMED if one.since > version]

"""Names of link types, by the registry of tcpdump.org (https://www.tcpdump.org/linktypes.html), in lower case."""

from __future__ import annotations

from netaudit.core.text.csv_text import csv_of

NAMES = {int(number): name for number, name in csv_of(__package__, "linktypes.csv")}


def link_type_name(number: int) -> str:
    """Name of a LINKTYPE_ value; "linktype_N" for one that the registry does not name."""
    return NAMES.get(number, "undeclared" if number == 0xFFFF else f"linktype_{number}")

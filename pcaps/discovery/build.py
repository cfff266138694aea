"""Build the captures of announcements: `python pcaps/discovery/build.py [addresses link …]`, as root.

Needs Linux, tcpdump, editcap, iproute2 and the peers that the modules name. Times, ports and identifiers differ from
run to run: the committed captures are the reference, and expected.json knows only what was configured.
"""

from __future__ import annotations

import sys

import addresses
import link
import management
import names
import synthetic

BUILDERS = {
    "addresses": addresses.build, "link": link.build, "names": names.build, "management": management.build,
    "synthetic": synthetic.build,
}  # fmt: skip


def main() -> None:
    """Build what was asked for, or all."""
    for name in sys.argv[1:] or list(BUILDERS):
        BUILDERS[name]()


if __name__ == "__main__":
    main()

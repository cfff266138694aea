"""Build the captures of carriers: `python pcaps/carriers/build.py [ftp mail others …]`, as root on Linux.

Needs tcpdump, editcap, iproute2 and the peers that the modules name. Times, ports and serial numbers differ from run to
run: the committed captures are the reference, and expected.json knows only what was sent.
"""

from __future__ import annotations

import sys

import ftp
import mail
import media
import others
import rig
import shares
import stores
import web

BUILDERS = {
    "ftp": ftp.build,
    "mail": mail.build,
    "others": others.build,
    "web": web.build,
    "media": media.build,
    "stores": stores.build,
    "shares": shares.build,
}


def main() -> None:
    """Build what was asked for, or all."""
    for name in sys.argv[1:] or list(BUILDERS):
        with rig.network():
            BUILDERS[name]()


if __name__ == "__main__":
    main()

"""Runs in wine: starts a program in a console of its own, as a double click does, and answers what it asks.

    double_click.py PROGRAM ANSWER

Prints what it says until there is an address in it, and ends it.
"""

from __future__ import annotations

import subprocess
import sys

NEW_CONSOLE = 0x10


def main(program: str, answer: str) -> None:
    """Start, answer, listen."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen([program], creationflags=NEW_CONSOLE, **pipes)  # type: ignore[call-overload]
    process.stdin.write(answer.encode() + b"\r\n")
    process.stdin.close()
    for line in process.stdout:
        sys.stdout.buffer.write(line)
        if b"http://" in line:
            break
    process.kill()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""`netaudit extract --wireshark`: a finding in Wireshark, at its first packet."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

from netaudit.cli.exits import Exit
from netaudit.errors import UsageError
from netaudit.evidence.case.extract import locate, select
from netaudit.evidence.case.reading import Case, open_case


def wireshark_command(folder: Path, what: str, captures: list[Path]) -> Exit:
    """Open Wireshark, or print the command where it is not installed; one line per capture."""
    program = shutil.which("wireshark")
    for command in commands(open_case(folder), what, captures):
        print(shlex.join(command))
        if program:
            subprocess.Popen([program, *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    return Exit.AUDITED


def commands(case: Case, what: str, captures: list[Path]) -> list[list[str]]:
    """The command for each capture that holds packets of `what`. Raises UsageError as `extract` does."""
    rows = case.table("findings", ["finding_id", "display_filter"]).to_pylist()
    shown = next((row["display_filter"] for row in rows if row["finding_id"].startswith(what)), "")
    places = locate(case, captures)
    made = []
    for capture_id, (frames, flows) in sorted(select(case, what).items()):
        path = places.get(capture_id)
        if path is None:
            raise UsageError("capture {}: is not where it was audited; say where it is with --captures", capture_id)
        command = ["wireshark", "-r", str(path.absolute())]
        if frames:
            command += ["-g", str(min(frames))]
        if shown:
            command += ["-Y", shown]
        if frames or flows:
            made.append(command)
    return made

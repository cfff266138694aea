"""Who else may read and write what an audit makes, whatever the umask of the shell."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

CAPTURE = Path(__file__).parents[2] / "pcaps" / "benign_office" / "benign.pcap"


@pytest.mark.skipif(os.name == "nt", reason="rights of POSIX")
@pytest.mark.parametrize(("umask", "shared"), [(0o000, 0o044), (0o022, 0o044), (0o077, 0o000)], ids=oct)
def test_nobody_else_writes_a_case_and_nobody_else_reads_what_is_private(umask, shared, tmp_path) -> None:
    folder = tmp_path / "case"
    words = [sys.executable, "-m", "netaudit", "audit", str(CAPTURE), "--case", str(folder), "--no-faces"]
    done = subprocess.run(words, check=False, capture_output=True, preexec_fn=lambda: os.umask(umask))
    assert done.returncode == 5, done.stderr
    for path in (folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        name = path.relative_to(folder).as_posix()
        assert not mode & 0o022, (name, oct(mode))
        if name == "report.html":
            assert mode & 0o044 == shared
    assert stat.S_IMODE((folder / "private").stat().st_mode) == 0o700  # nobody comes by it to what is below
    for name in ("key", "persons.parquet", "events.parquet"):
        assert not (folder / "private" / name).stat().st_mode & 0o077

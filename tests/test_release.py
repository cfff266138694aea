"""The installed files are compared with the list of hashes that the wheel brings."""

from __future__ import annotations

import re
from importlib import metadata

import pytest

from netaudit.core.system import release


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A distribution as a wheel leaves it."""
    (tmp_path / "netaudit" / "cli").mkdir(parents=True)
    files = {"netaudit/a.py": b"a = 1\n", "netaudit/cli/b.yaml": b"b: 1\n"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    info = tmp_path / "netaudit_trial-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: netaudit-trial\nVersion: 1.0\n")
    lines = [f"{name},{release.hashed(data)},{len(data)}" for name, data in files.items()]
    lines += ["../../bin/netaudit,sha256=x,1", "netaudit_trial-1.0.dist-info/RECORD,,"]
    (info / "RECORD").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_installed_files_are_held_against_their_list(installed) -> None:
    found = release.release("netaudit-trial")
    assert (found.files, found.changed, found.missing, found.added) == (2, (), (), ())
    digest = found.digest
    (installed / "netaudit" / "a.py").write_bytes(b"a = 2\n")
    (installed / "netaudit" / "cli" / "b.yaml").unlink()
    (installed / "netaudit" / "more.py").write_bytes(b"")
    found = release.release("netaudit-trial")
    assert (found.changed, found.missing, found.added) == (
        ("netaudit/a.py",),
        ("netaudit/cli/b.yaml",),
        ("netaudit/more.py",),
    )
    assert found.digest == digest


def test_whoever_changes_the_list_too_has_another_digest(installed) -> None:
    before = release.release("netaudit-trial").digest
    data = b"a = 2\n"
    (installed / "netaudit" / "a.py").write_bytes(data)
    record = installed / "netaudit_trial-1.0.dist-info" / "RECORD"
    record.write_text(re.sub(r"a\.py,[^,]*", f"a.py,{release.hashed(data)}", record.read_text()))
    found = release.release("netaudit-trial")
    assert not found.changed
    assert found.digest != before


def test_a_checkout_has_no_list() -> None:
    assert release.release("netaudit-no-such-distribution") is None
    try:
        editable = "direct_url" in str(metadata.distribution(release.DISTRIBUTION).files)
    except metadata.PackageNotFoundError:
        editable = True
    if editable:
        assert release.release() is None or release.release().files

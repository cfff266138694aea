"""One key for several cases: the same hashes in all of them, and a fingerprint that tells nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import netaudit
from netaudit.errors import UsageError
from netaudit.pipeline.project_key import fingerprint, read_project_key

CAPTURE = Path(__file__).parents[2] / "pcaps" / "documents" / "hikvision.pcapng"


@pytest.mark.parametrize(("content", "good"), [(b"x" * 15, False), (b"x" * 16, True), (bytes(32), True), (b"", False)])
def test_what_can_be_a_key(content: bytes, good: bool, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    if good:
        assert len(read_project_key(file)) == 32
        assert (read_project_key(file) == content) == (len(content) == 32)
    else:
        with pytest.raises(UsageError, match="key: expected 16"):
            read_project_key(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_project_key(tmp_path / "none")


def test_two_cases_of_a_project_have_the_same_hashes(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"a secret of the province")
    cases = [
        netaudit.audit(CAPTURE, tmp_path / name, faces=False, project_key=key if name != "other" else None)
        for name in ("one", "two", "other")
    ]
    one, two, other = (case.table("events").to_pydict() for case in cases)
    assert one == two
    keyed = [name for name in one if name.endswith("_hmac")]
    assert any(any(one[name]) for name in keyed)
    assert one != other
    assert (cases[0].folder / "private" / "key").read_bytes() == read_project_key(key)
    assert cases[0].manifest["options"]["project_key"] == fingerprint(read_project_key(key))
    assert cases[2].manifest["options"]["project_key"] is None

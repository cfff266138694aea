"""A folder of signatures from somebody else: what is no set of signatures is said, with the file, in seconds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from netaudit.core.signatures import loading
from netaudit.errors import SignatureError
from netaudit.events.rules import loading as documents

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "set" / "devices").mkdir(parents=True)
    return tmp_path / "set"


def refused(folder: Path, why: str) -> None:
    with pytest.raises(SignatureError, match=why):
        loading.load(folder)


def test_gigabytes(folder: Path) -> None:
    with (folder / "devices" / "a.yaml").open("wb") as file:
        file.truncate(4 << 30)
    refused(folder, r"a\.yaml: cannot be read: is larger than 16,777,216 bytes")


def test_many_files_of_some_size(folder: Path) -> None:
    for number in range(5):
        with (folder / "devices" / f"{number}.yaml").open("wb") as file:
            file.truncate(16 << 20)
    refused(folder, r"4\.yaml: the files of .* have more than 67,108,864 bytes")


def test_more_files_than_any_set_has(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MOST_FILES", 20)
    for number in range(21):
        (folder / "devices" / f"{number}.bin").touch()
    refused(folder, "holds more than 20 files")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "devices" / "a.yaml")
    refused(folder, r"a\.yaml: cannot be read: is no plain file")
    (folder / "documents").mkdir()
    os.mkfifo(folder / "documents" / "b.yaml")
    with pytest.raises(SignatureError, match=r"b\.yaml: cannot be read: .*no plain file"):
        documents.load((folder,))


@pytest.mark.links
def test_a_link_that_leads_out(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("password: 1234")
    (folder / "devices" / "a.yaml").symlink_to(tmp_path / "secret.txt")
    refused(folder, r"a\.yaml: is a link that leads out of the folder")


def test_what_grows_when_it_is_read(folder: Path) -> None:
    lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"- &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (folder / "devices" / "a.yaml").write_text("\n".join(lines))
    refused(folder, r"a\.yaml: is no YAML: line \d+, column \d+: stands for more than")
    (folder / "devices" / "a.yaml").write_text("[" * 500)
    refused(folder, r"a\.yaml: is no YAML: line 1, column \d+: deeper than")

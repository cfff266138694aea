"""Why the system refused something reads the same everywhere."""

from __future__ import annotations

import errno

import pytest

from netaudit.cli.chinese import message
from netaudit.core.system.reasons import why


class OfWindows(OSError):
    """As Windows raises it: in its own language, with its own number."""

    def __init__(self, number: int, said: str, winerror: int) -> None:
        super().__init__(number, said)
        self.winerror = winerror


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a"), "No such file or directory"),
        (OfWindows(errno.ENOENT, "系统找不到指定的文件。", 2), "No such file or directory"),
        (OfWindows(errno.EACCES, "Zugriff verweigert", 5), "Permission denied"),
        (OfWindows(errno.EACCES, "Der Prozess kann nicht", 32), "used by another program"),
        (OfWindows(errno.EINVAL, "The disk structure is corrupted", 1393), "The disk structure is corrupted"),
        (OSError("no number"), "no number"),
        (ValueError("embedded null byte"), "embedded null byte"),
    ],
)
def test_it_is_said_in_the_words_of_posix(error: Exception, said: str) -> None:
    assert why(error) == said


def test_what_is_said_often_is_said_in_chinese() -> None:
    for said in ("No such file or directory", "Permission denied", "used by another program"):
        assert message(said, "zh") != said

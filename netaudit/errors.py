"""The few exceptions of netaudit.

    NetauditError
     ├─ UsageError       the request cannot be carried out as asked (exit code 2)
     ├─ UnreadableError  nothing could be read from the inputs (exit code 4)
     ├─ CaptureError     a capture is damaged: which file, at which offset, what is wrong
     └─ CaseError        a folder is no case, or a case that cannot be read

Inside a stage bad bytes are a row (damage, skip reason, missing range), not an exception.
"""

from __future__ import annotations


class NetauditError(Exception):
    """Base of all errors raised on purpose; its text is one line for a person."""


class UsageError(NetauditError):
    """The request cannot be carried out as asked."""


class UnreadableError(NetauditError):
    """None of the inputs could be read."""


class CaseError(NetauditError):
    """A folder is no case, or one that this version cannot read."""


class SignatureError(NetauditError):
    """A signature file that cannot be used: the text names file, entry and problem."""


class CaptureError(NetauditError):
    """A capture is damaged at a known place."""

    def __init__(self, name: str, offset: int, problem: str) -> None:
        super().__init__(f"{name}: at byte {offset}: {problem}")
        self.name = name
        self.offset = offset
        self.problem = problem

"""The few exceptions of netaudit.

    NetauditError
     ├─ UsageError       the request cannot be carried out as asked (exit code 2); UnknownNameError for a name
     ├─ UnreadableError  nothing could be read from the inputs (exit code 4)
     ├─ CaptureError     a capture is damaged: which file, at which offset, what is wrong
     └─ CaseError        a folder is no case, or a case that cannot be read

An error is data: a template with {} for each of its parts, which are texts or other errors. It is a sentence only where
it is shown, in the reader's language (`cli/chinese.py`); `str` gives the English one.

Inside a stage bad bytes are a row (damage, skip reason, missing range), not an exception.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class NetauditError(Exception):
    """Base of all errors raised on purpose: a template in English, and what stands in its places."""

    def __init__(self, template: str, *parts: object) -> None:
        """Only errors of ours are kept as parts; all else is made text here, so that an error may be pickled."""
        super().__init__(template, *(part if isinstance(part, NetauditError) else str(part) for part in parts))

    @property
    def template(self) -> str:
        """The text with {} for each part."""
        return str(self.args[0])

    @property
    def parts(self) -> tuple[str | NetauditError, ...]:
        """What stands in the places of the template, in order."""
        return self.args[1:]

    def __str__(self) -> str:
        """The sentence in English, one line for a person; braces are kept where there are no parts."""
        if not self.parts:
            return self.template
        texts = self.template.split("{}")
        return "".join(f"{before}{part}" for before, part in zip(texts, (*self.parts, ""), strict=True))


class ReasonedError(NetauditError):
    """Reasons as tables hold them (`core/contracts/reasons.py`), as part of an error; other text is shown as is."""

    worded: Callable[[str], str] = str  # the package has the report's words: no room below it may ask for them

    def __init__(self, reasons: object) -> None:
        super().__init__(str(reasons))

    def __str__(self) -> str:
        """Their sentences in English."""
        return type(self).worded(self.template)


class UsageError(NetauditError):
    """The request cannot be carried out as asked."""


class UnknownNameError(UsageError, KeyError):
    """Nothing has that name; the text names the nearest. A KeyError, too, as mappings raise it."""


class UnreadableError(NetauditError):
    """None of the inputs could be read."""


class CaseError(NetauditError):
    """A folder is no case, or one that this version cannot read."""


class SignatureError(NetauditError):
    """A signature file that cannot be used: the text names file, entry and problem."""


class CaptureError(NetauditError):
    """A capture is damaged at a known place."""

    def __init__(self, name: str, offset: int, problem: str) -> None:
        super().__init__("{}: at byte {}: {}", name, offset, ReasonedError(problem))
        self.name = name
        self.offset = offset
        self.problem = problem

    def __reduce__(self) -> tuple[type[CaptureError], tuple[str, int, str]]:
        """Made again by its own three."""
        return type(self), (self.name, self.offset, self.problem)


def nearest(name: str, names: Iterable[str]) -> str:
    """The names that are most like one that nobody has, for its error; all of them where none is."""
    import difflib

    known = [one for one in names if not one.startswith("_")]
    return ", ".join(difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5) or sorted(known))

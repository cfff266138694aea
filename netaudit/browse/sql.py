"""Questions in SQL to the tables of a case: `sql_helper` answers them in a process of its own, which they may kill."""

from __future__ import annotations

import atexit
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.errors import UsageError
from netaudit.images.cpu_limit import Limits
from netaudit.images.processes import Asked, NotStartedError
from netaudit.system.programs import helper
from netaudit.tables import BY_NAME

if TYPE_CHECKING:
    from netaudit.case.reading import Case

ROWS = 500
SECONDS = 5.0
MOST_TEXT = 20_000  # characters of a question
MOST_ANSWER = 64 << 20  # bytes
LIMITS = Limits(work=4 * SECONDS, wait=3 * SECONDS)  # of the helper, which keeps to SECONDS itself as a rule
LOADING = 40.0  # seconds more, which it has to load what it needs
REMEDY = "SQL needs duckdb: python -m pip install duckdb"
DIED = "took more than {} seconds, or more memory than it may have"
BUSY = "another question is being answered"


@dataclass(frozen=True, slots=True)
class Answer:
    """Names of columns, rows, and whether there are more."""

    names: list[str]
    rows: list[tuple[Any, ...]]
    more: bool


_helper = Asked(helper("netaudit.browse.sql_helper"), LIMITS, MOST_ANSWER, LOADING)
_turn = threading.Lock()
atexit.register(_helper.close)


def available() -> bool:
    """Whether duckdb is installed."""
    import importlib.util

    return importlib.util.find_spec("duckdb") is not None


def ask(case: Case, question: str, *, rows: int = ROWS, seconds: float = SECONDS) -> Answer:
    """The answer to one SELECT. Raises UsageError with what is wrong with it."""
    if not available():
        raise UsageError(REMEDY)
    if len(question) > MOST_TEXT:
        raise UsageError("at most {} characters, please", f"{MOST_TEXT:,}")
    for name in BY_NAME:
        if name in question:
            case.sound(f"tables/{name}.parquet")
    asked = {"case": str(case.folder.absolute()), "question": question, "rows": rows, "seconds": seconds}
    if not _turn.acquire(timeout=LIMITS.wait):
        raise UsageError(BUSY)
    try:
        answer = orjson.loads(_helper.ask(orjson.dumps(asked) + b"\n"))
        if answer.get("spent"):  # what it took it may not give back: the next question gets a fresh one
            _helper.close()
    except NotStartedError as error:
        raise UsageError("SQL is answered by a process of its own, which cannot be started: {}", error) from error
    except OSError as error:
        raise UsageError(DIED, f"{SECONDS:g}") from error
    finally:
        _turn.release()
    if problem := answer.get("problem"):
        raise UsageError(problem, *answer.get("values", ()))
    found = [tuple(row) for row in answer["rows"]]
    return Answer(answer["names"], found[:rows], len(found) > rows)

"""Questions in SQL to the tables of a case, with DuckDB that can reach nothing else.

The tables are handed in as Arrow data sets; files, networks, extensions and Python's own variables are out of reach,
the settings that say so are locked, and private/ was never handed in. Rows, time and memory are bounded.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netaudit.errors import UsageError
from netaudit.tables import BY_NAME

if TYPE_CHECKING:
    from netaudit.case.reading import Case

ROWS = 500
SECONDS = 5.0
MOST_TEXT = 20_000  # characters of a question
REMEDY = "SQL needs duckdb: python -m pip install duckdb"
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
SETTINGS = (
    "SET threads = 2",
    "SET memory_limit = '1GB'",
    "SET temp_directory = ''",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Names of columns, rows, and whether there are more."""

    names: list[str]
    rows: list[tuple[Any, ...]]
    more: bool


def available() -> bool:
    """Whether duckdb is installed."""
    import importlib.util

    return importlib.util.find_spec("duckdb") is not None


def ask(case: Case, question: str, *, rows: int = ROWS, seconds: float = SECONDS) -> Answer:
    """The answer to one SELECT. Raises UsageError with what is wrong with it."""
    try:
        import duckdb
    except ImportError as error:
        raise UsageError(REMEDY) from error
    if len(question) > MOST_TEXT:
        raise UsageError("at most {} characters, please", f"{MOST_TEXT:,}")
    connection = duckdb.connect(":memory:", config=CONFIG)
    timer = threading.Timer(seconds, connection.interrupt)
    try:
        for setting in SETTINGS:
            connection.execute(setting)
        for name in BY_NAME:
            if name in question:
                connection.register(name, _data(case, name))
        statements = connection.extract_statements(question)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise UsageError("one SELECT, please")
        timer.start()
        result = connection.execute(statements[0])
        found = result.fetchmany(rows + 1)
        return Answer([one[0] for one in result.description or ()], found[:rows], len(found) > rows)
    except duckdb.InterruptException as error:
        raise UsageError("took more than {} seconds", f"{seconds:g}") from error
    except duckdb.Error as error:
        raise UsageError(str(error)[:1000]) from error
    finally:
        timer.cancel()
        connection.close()


def _data(case: Case, name: str) -> Any:
    import pyarrow.dataset as ds

    path = case.folder / "tables" / f"{name}.parquet"
    case.sound(f"tables/{name}.parquet")
    return ds.dataset(path) if path.is_file() else case.table(name)

"""One SELECT over the tables of a case, by DuckDB without access to files, network or extensions."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from netaudit.core.schema import BY_NAME
from netaudit.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from netaudit.evidence.case.reading import Case

LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}


def ask(case: Case, question: str, rows: int, seconds: float) -> pd.DataFrame:
    """Answer one SELECT. Raises UsageError for another statement, a wrong one, or one that exceeds the limits."""
    import pandas as pd

    try:
        import duckdb
    except ImportError as error:
        raise UsageError("SQL needs duckdb: python -m pip install duckdb") from error
    connection = duckdb.connect(":memory:", config=LOCKED)
    timer = threading.Timer(seconds, connection.interrupt)
    try:
        for name in BY_NAME:
            if name in question:
                connection.register(name, case.table(name))
        statements = connection.extract_statements(question)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise UsageError("one SELECT, please")
        timer.start()
        answer = connection.sql(f"SELECT * FROM ({statements[0].query.rstrip().rstrip(';')}\n) LIMIT {rows + 1}")  # noqa: S608
        found = pd.DataFrame(answer.fetchall(), columns=answer.columns)
    except duckdb.InterruptException as error:
        raise UsageError("took more than {} seconds", f"{seconds:g}") from error
    except duckdb.Error as error:
        raise UsageError("{}", str(error)[:1000]) from error
    finally:
        timer.cancel()
        connection.close()
    if len(found) > rows:
        raise UsageError("more than {} rows: say LIMIT, or rows=", f"{rows:,}")
    return found

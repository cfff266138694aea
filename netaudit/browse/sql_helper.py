"""Answers questions in SQL in a process of its own, with DuckDB that can reach nothing but the tables of a case.

The tables are handed in as Arrow data sets; files, networks, extensions and Python's own variables are out of reach,
the settings that say so are locked, and private/ was never handed in. One function of SQL can make a text of any size,
whatever DuckDB is told about memory: so the process itself may hold only so much, and dies of more.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import orjson

from netaudit.images.processes import LENGTH, answers
from netaudit.system import signals, windows_processes
from netaudit.tables import BY_NAME

MOST_MEMORY = 2 << 30  # bytes that the process may hold
NO_MEMORY = "needs more memory than it may have"
MOST_CELL = 4096  # characters of a cell that are handed back
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


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Names and rows, or a problem. `asked`: case, question, rows and seconds, as `sql.ask` has them."""
    import duckdb

    connection = duckdb.connect(":memory:", config=CONFIG)
    timer = threading.Timer(asked["seconds"], connection.interrupt)
    question = asked["question"]
    try:
        for setting in SETTINGS:
            connection.execute(setting)
        for name in BY_NAME:
            if name in question:
                connection.register(name, _data(Path(asked["case"]), name))
        statements = connection.extract_statements(question)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            return {"problem": "one SELECT, please"}
        timer.start()
        result = connection.execute(statements[0])
        found = result.fetchmany(asked["rows"] + 1)
        names = [str(one[0]) for one in result.description or ()]
        return {"names": names, "rows": [[_cell(value) for value in row] for row in found]}
    except duckdb.InterruptException:
        return {"problem": "took more than {} seconds", "values": [f"{asked['seconds']:g}"], "spent": True}
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"problem": NO_MEMORY, "spent": True}
    except duckdb.Error as error:
        return {"problem": str(error)[:1000]}
    finally:
        timer.cancel()
        connection.close()


def _data(folder: Path, name: str) -> Any:
    import pyarrow.dataset as ds

    path = folder / "tables" / f"{name}.parquet"
    if path.is_file():
        return ds.dataset(path)
    from netaudit.case.reading import open_case

    return open_case(folder, check=False).table(name)


def _cell(value: object) -> object:
    """A value that JSON has, of bounded size."""
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and -(1 << 63) <= value < 1 << 63):
        return value
    return (value if isinstance(value, str) else str(value))[:MOST_CELL]


def _bound() -> None:
    """Have the system end this process where it takes more memory than MOST_MEMORY."""
    if sys.platform != "win32":
        import resource

        for kind in (resource.RLIMIT_DATA, resource.RLIMIT_CORE):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(kind, (MOST_MEMORY if kind == resource.RLIMIT_DATA else 0,) * 2)
        return

    def watch() -> None:
        while windows_processes.resident() < MOST_MEMORY:
            time.sleep(0.02)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main(_: list[str]) -> None:
    """Answer until the input ends."""
    signals.ignore()  # Ctrl-C is the server's to handle
    out = answers()
    _bound()
    for line in sys.stdin.buffer:
        made = orjson.dumps(answer(orjson.loads(line)))
        out.write(LENGTH.pack(len(made)) + made)
        out.flush()

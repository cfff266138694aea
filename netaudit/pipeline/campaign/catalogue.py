"""All cases of a campaign as one: DuckDB views over their tables, with the site beside every row. Nothing is copied.

A campaign audits offices and follows nobody: `personal.py` says what the views leave out.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.core.schema import BY_NAME
from netaudit.errors import CaseError, UsageError
from netaudit.pipeline.campaign.one_site import CASES, done, versions
from netaudit.pipeline.campaign.personal import FIND, LEFT_OUT, NOT_THERE, TABLES, shown, without
from netaudit.pipeline.campaign.standing import sites_of

if TYPE_CHECKING:
    import os

    import duckdb
    import pandas as pd

_WORD = re.compile(r"[a-z_]+")


def open_campaign(folder: str | os.PathLike[str]) -> Campaign:
    """Open the catalogue of a campaign: all its sites that have a valid case.

    Raises UsageError for a folder that is no campaign or where DuckDB is not installed.
    """
    return Campaign(Path(folder))


class Campaign:
    """The sites of a campaign. Tables are attributes, as those of a case (DataFrames with `site` first)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan = sites_of(folder)
        self.cases: dict[str, Path] = {}
        for site in self.plan:
            record = done(folder, site)
            if record is not None and record.get("tables") == versions()["tables"]:
                self.cases[site.site] = folder / CASES / site.folder / "case"
        self._made: set[str] = set()
        self._ready = False

    @functools.cached_property
    def database(self) -> duckdb.DuckDBPyConnection:
        """A database in memory; reading files only."""
        try:
            import duckdb
        except ImportError as error:
            raise UsageError("the catalogue needs duckdb: python -m pip install duckdb") from error
        made = duckdb.connect(":memory:")
        made.execute("SET parquet_metadata_cache = true")  # cases do not change
        return made

    def source(self, table: str) -> str:
        """What DuckDB reads a table of all cases from, whole: for counts that show no row."""
        paths = [(case / "tables" / f"{table}.parquet").as_posix() for case in self.cases.values()]
        if not paths:
            raise CaseError("{}: no site has a valid case yet", self.folder)
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        return f"read_parquet([{listed}], hive_partitioning = true, hive_types = {{'site': VARCHAR}})"

    def ready(self) -> None:
        """Find out, once, which rows belong to personal devices."""
        if not self._ready:
            self.database.execute(FIND.format(**{name: self.source(name) for name in TABLES}))
            self._ready = True

    def view(self, table: str) -> str:
        """Make the view of a table, once; gives its name. Raises KeyError for what a campaign does not have."""
        if table not in BY_NAME or table in NOT_THERE:
            raise KeyError(table)
        if table in self._made:
            return table
        self.ready()
        names = [name for name in BY_NAME[table].names if name not in LEFT_OUT.get(table, ())]
        columns = ", ".join(shown(table, name) for name in names)
        read = f"{self.source(table)} t {without(table)}"
        self.database.execute(f"CREATE VIEW {table} AS SELECT t.site, {columns} FROM {read}")  # noqa: S608
        self._made.add(table)
        return table

    def sql(self, question: str) -> duckdb.DuckDBPyRelation:
        """Ask in SQL; tables are those of a case, with `site`."""
        for word in set(_WORD.findall(question.lower())):
            if word in BY_NAME and word not in NOT_THERE:
                self.view(word)
        return self.database.sql(question)

    def rows(self, question: str) -> list[dict[str, Any]]:
        """Rows of an answer."""
        answer = self.sql(question)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name not in BY_NAME:
            raise AttributeError(name)
        if name in NOT_THERE:
            raise AttributeError(f"{name}: a campaign has no rows of persons; open the case of a site for it")
        rows: pd.DataFrame = self.sql(f"SELECT * FROM {name} ORDER BY ALL").df()  # noqa: S608
        return rows

"""All cases of a campaign as one: DuckDB views over their tables, with the site beside every row. Nothing is copied.

A campaign audits offices and follows nobody. So the views leave out what would let one follow a person over sites:
tables with a row per person, keyed hashes, hashes of images and of objects, and whatever belongs to personal devices
(handheld by their class, or of unknown class with an address that is not a maker's own). A case itself has it all.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.campaign.one_site import CASES, done, versions
from netaudit.campaign.standing import sites_of
from netaudit.errors import CaseError, UsageError
from netaudit.tables import BY_NAME

if TYPE_CHECKING:
    import os

    import duckdb
    import pandas as pd

NOT_THERE = ("persons", "journeys", "after_moments")
LEFT_OUT = {  # columns that are not there
    "findings": ("person_hmacs", "object_ids", "document_ids"),
    "events": (
        "device_hmac", "event_ref", "event_hmac", "shot_time", "name", "name_hmac", "id_number", "id_number_hmac",
        "phone", "phone_hmac", "person_ref", "person_hmac", "gender", "birthday", "address", "person_group", "agent",
        "first_photo_time", "report_time", "images", "image_urls", "url_hmacs", "journey_id", "leg",
    ),
    "images": ("sha256", "phash"),
    "objects": ("sha256", "name"),
    "parts": ("upload", "sha256", "name", "links"),
    "relayed_images": ("sha256",),
    "devices": ("name",),
}  # fmt: skip
_OUR_FLOWS = "flow_id NOT IN (SELECT flow_id FROM personal_flows p WHERE p.site = t.site)"
_OUR_MESSAGES = "message_id NOT IN (SELECT message_id FROM personal_messages p WHERE p.site = t.site)"
_OUR_OBJECTS = "object_id NOT IN (SELECT object_id FROM personal_objects p WHERE p.site = t.site)"


def _not_personal(*columns: str) -> str:
    return " AND ".join(f"{one} NOT IN (SELECT word FROM personal p WHERE p.site = t.site)" for one in columns)  # noqa: S608


FILTERS = {
    "flows": _OUR_FLOWS,
    "tls_hellos": _OUR_FLOWS,
    "encrypted_uploads": _OUR_FLOWS,
    "messages": _OUR_MESSAGES,
    "media": _OUR_MESSAGES,
    "objects": _OUR_MESSAGES,
    "parts": _OUR_MESSAGES,
    "events": _OUR_MESSAGES,
    "relayed_images": _OUR_MESSAGES,
    "evidence": _OUR_OBJECTS,
    "endpoints": _not_personal("ip"),
    "devices": _not_personal("device_id"),
    "claims": _not_personal("device_id"),
    "observations": _not_personal("ip", "mac"),
    "findings": "sender_role <> 'personal device' AND " + _not_personal("sender", "receiver"),
    "relay_tests": _not_personal("holder", "sender"),
    "upload_counts": _not_personal("sender"),
    "moment_tests": _not_personal("sender"),
}
PERSONAL = """
CREATE TABLE personal AS
WITH theirs AS (
    SELECT site::VARCHAR AS site, device_id, ips, macs FROM {devices}
    WHERE role_hint = 'personal device' OR class IN ('phone', 'tablet', 'handheld')
       OR (class = '' AND regexp_matches(device_id, '^.[26aeAE][:]'))
)
SELECT DISTINCT site, word FROM (
    SELECT site, device_id AS word FROM theirs
    UNION ALL SELECT site, unnest(ips) FROM theirs UNION ALL SELECT site, unnest(macs) FROM theirs
) WHERE word <> '';
CREATE TABLE personal_flows AS
SELECT site::VARCHAR AS site, flow_id FROM {flows} t
WHERE (site, client_ip) IN (SELECT (site, word) FROM personal) OR (site, server_ip) IN (SELECT (site, word) FROM personal)
   OR (site, client_mac) IN (SELECT (site, word) FROM personal) OR (site, server_mac) IN (SELECT (site, word) FROM personal);
CREATE TABLE personal_messages AS
SELECT m.site::VARCHAR AS site, message_id FROM {messages} m JOIN personal_flows p ON m.site = p.site AND m.flow_id = p.flow_id;
CREATE TABLE personal_objects AS
SELECT o.site::VARCHAR AS site, object_id FROM {objects} o
JOIN personal_messages p ON o.site = p.site AND o.message_id = p.message_id;
"""  # noqa: E501
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
            said = done(folder, site)
            if said is not None and said.get("tables") == versions()["tables"]:
                self.cases[site.site] = folder / CASES / site.folder / "case"
        self._made: set[str] = set()

    @functools.cached_property
    def database(self) -> duckdb.DuckDBPyConnection:
        """A database in memory; reading files only."""
        try:
            import duckdb
        except ImportError as error:
            raise UsageError("the catalogue needs the extra: pip install 'netaudit[campaign]'") from error
        return duckdb.connect(":memory:")

    def source(self, table: str) -> str:
        """What DuckDB reads a table of all cases from, whole: for counts that show no row."""
        paths = [(case / "tables" / f"{table}.parquet").as_posix() for case in self.cases.values()]
        if not paths:
            raise CaseError(f"{self.folder}: no site has a valid case yet")
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        return f"read_parquet([{listed}], hive_partitioning = true, hive_types = {{'site': VARCHAR}})"

    def view(self, table: str) -> str:
        """Make the view of a table, once; gives its name. Raises KeyError for what a campaign does not have."""
        if table not in BY_NAME or table in NOT_THERE:
            raise KeyError(table)
        if table in self._made:
            return table
        if not self._made and FILTERS:
            sources = {name: self.source(name) for name in ("devices", "flows", "messages", "objects")}
            self.database.execute(PERSONAL.format(**sources))
        names = [name for name in BY_NAME[table].names if name not in LEFT_OUT.get(table, ())]
        columns = ", ".join(f't."{name}"' for name in names)
        where = f" WHERE {FILTERS[table]}" if table in FILTERS else ""
        self.database.execute(f"CREATE VIEW {table} AS SELECT t.site, {columns} FROM {self.source(table)} t{where}")  # noqa: S608
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

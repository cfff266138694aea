"""What only the whole shows: what recurs from site to site, when it was first and last seen, and where most was found.

Every question groups by something of an office's equipment or of an endpoint outside, never of a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.errors import UsageError
from netaudit.findings.vocabulary import MOVED, RETRIEVED, UPLOADED
from netaudit.pipeline.campaign.one_site import CASES

if TYPE_CHECKING:
    from netaudit.pipeline.campaign.catalogue import Campaign

LEAST_PERSONS = 5  # fewer are not counted out, so that no number stands for somebody
MOST_ROWS = 1000


def _recurring(table: str, what: str, first: str, last: str, where: str, counted: str = "count(*)") -> str:
    return (
        f"SELECT {what} AS what, count(DISTINCT site) AS sites, {counted} AS n, "  # noqa: S608
        f"epoch_ns(min({first})) // 1000000000 AS first_s, epoch_ns(max({last})) // 1000000000 AS last_s "
        f"FROM {table} WHERE {where} GROUP BY ALL HAVING what <> '' ORDER BY sites DESC, n DESC, what LIMIT {MOST_ROWS}"
    )


_OUTSIDE = "(SELECT site, ip, service FROM endpoints WHERE scope = 'outside')"
_FLOWS_OUT = f"(SELECT * FROM ends_of_flows f JOIN {_OUTSIDE} e ON f.site = e.site AND f.server_ip = e.ip)"  # noqa: S608
QUESTIONS = {
    "endpoints": _recurring(_FLOWS_OUT, "ip", "first_ts", "last_ts", "true", "sum(flows)"),
    "services": _recurring(_FLOWS_OUT, "service", "first_ts", "last_ts", "true", "sum(flows)"),
    "sni": _recurring("tls_hellos", "sni", "ts", "ts", "true"),
    "ja4": _recurring("tls_hellos", "ja4", "ts", "ts", "true"),
    "certificates": _recurring(
        "observations",
        "field || ' ' || value",
        "ts",
        "ts",
        "kind = 'tls_server' AND field IN ('fingerprint', 'subject', 'issuer', 'serial')",
    ),
    "makers": _recurring("devices", "vendor", "first_ts", "last_ts", "true"),
    "models": _recurring("devices", "concat_ws(' ', nullif(vendor, ''), model)", "first_ts", "last_ts", "model <> ''"),
    "serials": _recurring("devices", "serial", "first_ts", "last_ts", "true"),
    "documents": _recurring("events", "document", "first_ts", "first_ts", "document <> ''"),
    "agencies": _recurring("events", "agent_company", "first_ts", "first_ts", "certainty <> 'inferred'"),
}
RANKING = f"""
SELECT site,
       sum(images) FILTER (certainty = 'A' AND act = '{UPLOADED.name}') AS images_a,
       sum(images) FILTER (certainty = 'B' AND act = '{UPLOADED.name}') AS images_b,
       sum(records) FILTER (certainty = 'A' AND act = '{UPLOADED.name}') AS records_a,
       sum(records) FILTER (certainty = 'B' AND act = '{UPLOADED.name}') AS records_b,
       sum(images) FILTER (act = '{RETRIEVED.name}') AS retrieved,
       sum(images) FILTER (act = '{MOVED.name}') AS inside,
       sum(bytes) FILTER (certainty = 'C') AS bytes_c,
       sum(bytes) FILTER (certainty = 'D') AS bytes_d
FROM findings GROUP BY site
ORDER BY images_a DESC NULLS LAST, records_a DESC NULLS LAST, images_b DESC NULLS LAST,
         records_b DESC NULLS LAST, bytes_d DESC NULLS LAST, site
"""  # noqa: S608
UNREAD = "SELECT site, sum(bytes) AS bytes FROM ledgers WHERE ledger = 'payload' AND NOT understood GROUP BY site"
PERIODS = (
    "SELECT site, epoch_ns(min(first_ts)) / 1e9 AS first_s, epoch_ns(max(last_ts)) / 1e9 AS last_s, "
    "sum(captured_bytes) AS bytes, sum(packets_read) AS packets, sum(drops) AS drops FROM captures GROUP BY site"
)


def recurring(campaign: Campaign, what: str) -> list[dict[str, Any]]:
    """What of a kind (`QUESTIONS`) was met: what, sites, n, first_s and last_s (UTC seconds), commonest first."""
    return campaign.rows(QUESTIONS[what])


def ranking(campaign: Campaign) -> list[dict[str, Any]]:
    """Sites with findings by what was found; figures are 0 where nothing was."""
    return [{name: value or 0 for name, value in row.items()} for row in campaign.rows(RANKING)]


def unread(campaign: Campaign) -> dict[str, int]:
    """Bytes of payload by site that were not understood: encrypted, or of a protocol that nobody reads."""
    return {row["site"]: int(row["bytes"] or 0) for row in campaign.rows(UNREAD)}


def periods(campaign: Campaign) -> dict[str, dict[str, Any]]:
    """What each site's captures cover."""
    return {row["site"]: row for row in campaign.rows(PERIODS)}


def persons_at_several(campaign: Campaign, purpose: str, authoriser: str) -> dict[str, Any]:
    """How many ID numbers with a right check digit were met at more than one site: a count, never a row.

    Below five persons the count is not told. Purpose and authoriser are written to the campaign's log first. Raises
    UsageError without them, or where the cases do not share a project key.
    """
    if not purpose.strip() or not authoriser.strip():
        raise UsageError("counting persons over sites needs a purpose and who authorised it; both are recorded")
    import datetime

    import orjson

    from netaudit.core.storage.files import append_line

    keys = set()
    for case in campaign.cases.values():
        options = orjson.loads((case / "case.json").read_bytes()).get("options", {})
        keys.add(options.get("project_key"))
    if len(keys) != 1 or None in keys:
        raise UsageError("{}: hashes compare only between cases of one --project-key", campaign.folder / CASES)
    record = {
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "what": "persons counted over sites",
        "purpose": purpose.strip()[:500],
        "authorised_by": authoriser.strip()[:200],
    }
    append_line(campaign.folder / "campaign.jsonl", orjson.dumps(record))
    count = campaign.database.execute(
        f"SELECT count(*) FROM (SELECT value_hmac FROM {campaign.source('persons')} "  # noqa: S608
        "WHERE kind = 'id_number' AND certainty = 'checked' GROUP BY value_hmac HAVING count(DISTINCT site) > 1)"
    ).fetchall()[0][0]
    return record | {"persons": count if count >= LEAST_PERSONS else None, "least": LEAST_PERSONS}

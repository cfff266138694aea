"""How a campaign stands, as its folder tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.errors import UsageError
from netaudit.pipeline.campaign.one_site import CASES, done, failure
from netaudit.pipeline.campaign.plan import PLAN, Site, read_plan

if TYPE_CHECKING:
    from pathlib import Path


def is_campaign(folder: Path) -> bool:
    """Whether a folder is one that `netaudit campaign run` wrote."""
    return (folder / PLAN).is_file() and (folder / CASES).is_dir()


def sites_of(out: Path) -> list[Site]:
    """Sites of a campaign. Raises UsageError for a folder that is none."""
    if not (out / PLAN).is_file():
        raise UsageError("{}: is no campaign (no {} in it)", out, PLAN)
    return read_plan(out / PLAN)


def standing(out: Path) -> list[dict[str, Any]]:
    """A row for each site: site, district, officer, state (done, failed, waiting), reason, when it was finished."""
    rows = []
    for site in sites_of(out):
        record, failed = done(out, site), failure(out, site)
        state = "done" if record else "failed" if failed else "waiting"
        reason = str(failed.get("reason", "")) if failed and not record else ""
        finished = str(record.get("finished_utc", "")) if record else ""
        rows.append(
            {
                "site": site.site,
                "district": site.district,
                "officer": site.officer,
                "state": state,
                "reason": reason,
                "finished_utc": finished,
            }
        )
    return rows


def unjudged(out: Path) -> list[str]:
    """Sites with a case in which not everything was read or judged: their calm is none."""
    from netaudit.evidence.case.reading import open_case
    from netaudit.findings.ledgers import exits

    return [
        site.site
        for site in sites_of(out)
        if done(out, site) and exits(open_case(out / CASES / site.folder / "case").table("ledgers"))
    ]

"""`netaudit campaign`: audits by a plan, what became of them, and what only the whole shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.exits import Exit
from netaudit.cli.helping import App
from netaudit.cli.options import Json, NoFaces
from netaudit.cli.texts import default_language
from netaudit.core.text.bilingual import speaker
from netaudit.core.text.yaml_text import yaml_of
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.pipeline.campaign.one_site import Result

app = App(help="Many sites by a plan: run the audits, then ask over all their cases.")
Out = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a campaign, as campaign run wrote it.")]
CountPersons = Annotated[
    bool,
    typer.Option(
        "--count-persons",
        help="Also count ID numbers met at several sites (from five persons on); needs a project key.",
    ),
]
Purpose = Annotated[str, typer.Option(metavar="TEXT", help="With --count-persons: what for; recorded.")]
Authoriser = Annotated[str, typer.Option("--authorised-by", metavar="TEXT", help="And by whom allowed; recorded.")]
TEXTS = yaml_of(__package__, "campaign.yaml")
say = speaker(TEXTS)


@app.command()
def plan(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with a folder, or a capture, for each site.")],
) -> None:
    """Make DIR/plan.csv of the captures in a folder, to be filled in and looked over."""
    from netaudit.pipeline.campaign.plan import PLAN, left_out, make_plan, write_plan

    path = folder / PLAN
    if path.exists():
        raise UsageError("{}: exists; change it by hand, or take it away", path)
    sites = make_plan(folder)
    write_plan(path, sites)
    typer.echo(say("planned", default_language(), path=path, n=len(sites)))
    if names := left_out(folder, sites):
        typer.echo(say("left_out", default_language(), names=_visible(", ".join(names))))


@app.command()
def run(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="plan.csv, or the folder it lies in.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the campaign to write or to continue.")],
    workers: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=256, help="Audits at a time.")] = 1,
    project_key: Annotated[
        Path | None, typer.Option("--project-key", metavar="FILE", help="Secret that all cases share.")
    ] = None,
    no_faces: NoFaces = False,
    time_limit: Annotated[
        float, typer.Option(metavar="HOURS", min=0, help="Longest audit of a site; 0: no bound.")
    ] = 0,
) -> None:
    """Audit every site of a plan that has no valid case yet; run it again after whatever cut it off."""
    from netaudit.pipeline.campaign.plan import read_plan
    from netaudit.pipeline.campaign.running import run_campaign, tasks_of
    from netaudit.pipeline.campaign.standing import unjudged

    language = default_language()
    tasks = tasks_of(read_plan(plan), out, faces=not no_faces, lang=language, project_key=project_key)

    def tell(result: Result, number: int) -> None:
        reason = f": {result.reason}" if result.reason else ""
        typer.echo(f"[{number}/{len(tasks)}] {result.site}: {say(result.state, language)}{_visible(reason)}")

    typer.echo(say("begins", language, n=len(tasks)), err=True)
    if project_key is None and len(tasks) > 1:
        typer.echo(say("unkeyed", language), err=True)
    results = run_campaign(tasks, workers, tell, time_limit * 3600)
    counts = {state: sum(one.state == state for one in results) for state in ("audited", "kept", "failed")}
    typer.echo(say("ended", language, n=len(results), **counts))
    left = unjudged(out)
    if left:
        typer.echo(say("unjudged", language, n=len(left), sites=_visible(", ".join(left[:10]))))
    raise typer.Exit(Exit.UNJUDGED if left else Exit.DAMAGED if counts["failed"] else Exit.AUDITED)


@app.command(epilog="Example: netaudit campaign show ./campaign endpoints")
def show(
    out: Out,
    what: Annotated[
        str,
        typer.Argument(
            metavar="[QUESTION]",
            help="Without: what is done, failed and to do. sites: ranked; endpoints, services, sni, ja4, certificates, "
            "makers, models, …: what recurs from site to site. All but the first as JSON lines.",
        ),
    ] = "",
    json: Json = False,
) -> None:
    """List the sites of a campaign (done, failed with the reason, or still to do), or ask what recurs."""
    if what:
        _recurring(out, what)
    else:
        _standing(out, as_json=json)


def _recurring(out: Path, what: str) -> None:
    import orjson

    from netaudit.pipeline.campaign.across import QUESTIONS, ranking, recurring
    from netaudit.pipeline.campaign.catalogue import open_campaign

    if what != "sites" and what not in QUESTIONS:
        raise UsageError("{}: say sites, {}", what, ", ".join(QUESTIONS))
    campaign = open_campaign(out)
    for row in ranking(campaign) if what == "sites" else recurring(campaign, what):
        typer.echo(orjson.dumps(row, default=int).decode())


def _standing(out: Path, *, as_json: bool) -> None:
    import orjson

    from netaudit.pipeline.campaign.standing import standing

    language = default_language()
    rows = standing(out)
    for row in rows:
        if as_json:
            typer.echo(orjson.dumps(row).decode())
        elif row["state"] != "done":
            typer.echo(f"{row['site']}: {say(row['state'], language)} {_visible(row['reason'])}".rstrip())
    if not as_json:
        counts = {state: sum(row["state"] == state for row in rows) for state in ("done", "failed", "waiting")}
        typer.echo(say("status", language, n=len(rows), **counts))


def _visible(text: str) -> str:
    from netaudit.core.masking.mask import visible

    return visible(text, 500)


@app.command()
def report(
    out: Out,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Where to write it; DIR/report.html when not given.")
    ] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Also write the figures there.")] = None,
    count_persons: CountPersons = False,
    purpose: Purpose = "",
    authorised_by: Authoriser = "",
) -> None:
    """Write the report of a campaign."""
    from netaudit.pipeline.campaign.across import persons_at_several
    from netaudit.pipeline.campaign.catalogue import open_campaign
    from netaudit.pipeline.campaign.report import write_report

    campaign = open_campaign(out)
    persons = persons_at_several(campaign, purpose, authorised_by) if count_persons else None
    typer.echo(write_report(campaign, html or campaign.folder / "report.html", default_language(), persons))
    if xlsx is not None:
        from netaudit.pipeline.campaign.sheets import write_sheets

        typer.echo(write_sheets(campaign, xlsx, default_language()))

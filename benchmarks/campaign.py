"""Campaigns of small synthetic sites: what an engine adds to their audits, and whether every way makes the same cases.

    python benchmarks/campaign.py DIR --sites 200 --workers 2 --turns 3

Each site is one of a few variants of a short afternoon in a sales office, on a day and with visitors of its own; the
captures of a variant differ from site to site by their times only, so that a thousand cost little more than ten.
Serial, processes and Dask take turns; efficiency is the serial time over workers times the time of a way, start of the
workers included, and the overhead of a site what the workers were there for beyond its audit.
"""
# ruff: noqa: SLF001  (scenes of the demo's story, one by one)

from __future__ import annotations

import argparse
import hashlib
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pcaps.lab import onlink, sales, views
from pcaps.lab.files import Frames, write_pcap
from pcaps.lab.story import Story
from pcaps.lab.tls import Authority

DAY = 86_400 * 10**9
DISTRICTS = ("东区", "西区", "南区")


def variant(number: int, scratch: Path) -> Frames:
    """Frames of one short story: two visitors, of whom one shows an identity card; every third only moves inside."""
    story = Story(sales.START, 7 + number, Authority(scratch))
    camera = sales._hall_camera_line(story)
    for visitor in (number, number + 3):
        face, view = (
            sales._face(visitor, 240),
            sales._picture(sales.hall(visitor), visitor, "capture camera", face=True),
        )
        at = 5 + 10 * (visitor - number)
        sales._hall_event(story, camera, at, visitor, [face, view])
        if number % 3:
            sales._relay_multipart(story, at + 9, visitor, [face, view])
    visitor, name, number_, phone = sales.PERSONS[number % 3]
    sales._verify(story, 50, visitor, name, number_, phone)
    return views.render(views.Lan(4), views.packets(story, 4), onlink.lan(story.start, sales.HOSTS))


def write_sites(folder: Path, sites: int, variants: int = 6) -> Path:
    """Write captures and plan.csv of so many sites; gives the plan."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["site,captures,inside,district,officer"]
    with tempfile.TemporaryDirectory() as scratch:
        made = [variant(number, Path(scratch)) for number in range(min(sites, variants))]
    for site in range(sites):
        frames = [(moment + site * DAY, frame) for moment, frame in made[site % len(made)]]
        write_pcap(folder / f"office-{site:04}.pcap", frames)
        lines.append(f"售楼处{site:04},office-{site:04}.pcap,192.168.1.0/24,{DISTRICTS[site % 3]},检查员甲")
    plan = folder / "plan.csv"
    plan.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "key").write_bytes(bytes(range(32)))  # of a project
    return plan


OF_A_RUN = {"custody.jsonl", "manifest.json", "run.json", "report.html", ".lock"}  # they have times of the run


def bytes_of(out: Path) -> dict[str, str]:
    """SHA-256 of every file of the cases that does not carry times of the run, by its path in the campaign."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.glob("cases/*/case/**/*"))
        if path.is_file() and path.name not in OF_A_RUN
    }


def one_way(plan: Path, out: Path, on: str, workers: int, *, faces: bool) -> tuple[float, float]:
    """Run a campaign anew; gives its seconds, and those within its audits."""
    from netaudit.campaign.plan import read_plan
    from netaudit.campaign.running import run_campaign, tasks_of

    shutil.rmtree(out, ignore_errors=True)
    tasks = tasks_of(read_plan(plan), out, faces=faces, project_key=plan.parent / "key")
    began = time.perf_counter()
    results = run_campaign(tasks, on, workers)
    spent = time.perf_counter() - began
    if wrong := [one for one in results if one.state != "audited"]:
        sys.exit(f"{on}: {len(wrong)} sites without a case: {wrong[0]}")
    return spent, sum(one.seconds for one in results)


def main() -> None:
    """Make the sites, run them by turns in every way, and say how long each took and whether the cases are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sites", type=int, default=10)
    parser.add_argument("--on", default="local,processes,dask", help="ways, separated by commas; the first is serial")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--faces", action="store_true", help="also look for faces")
    given = parser.parse_args()
    from netaudit.pipeline.ready import make_ready

    plan = write_sites(given.folder / "captures", given.sites)
    make_ready(lambda *_: None)  # else the first way pays for compiling, and the others gain by it
    ways = given.on.split(",")
    measured: dict[str, list[tuple[float, float]]] = {on: [] for on in ways}
    for turn in range(given.turns):
        for on in ways:
            measured[on].append(one_way(plan, given.folder / on, on, given.workers, faces=given.faces))
            print(
                f"turn {turn + 1}: {on}: {measured[on][-1][0]:.1f} s, {measured[on][-1][1]:.1f} s in audits", flush=True
            )
    serial = statistics.median(spent for spent, _ in measured[ways[0]])
    reference = bytes_of(given.folder / ways[0])
    print(f"{given.sites} sites; {ways[0]}: {serial:.1f} s, {serial / given.sites * 1000:.0f} ms a site")
    for on in ways[1:]:
        spent = statistics.median(spent for spent, _ in measured[on])
        audits = statistics.median(audits for _, audits in measured[on])
        same = "the same" if bytes_of(given.folder / on) == reference else "DIFFERENT"
        over = (spent * given.workers - audits) / given.sites * 1000
        print(
            f"{on}: {spent:.1f} s, {same} {len(reference)} files; efficiency {serial / spent / given.workers:.0%}; "
            f"{over:.0f} ms of a worker a site beyond its audit"
        )


if __name__ == "__main__":
    main()

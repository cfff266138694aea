"""A campaign of small synthetic sites from the demo's story: `python benchmarks/campaign.py DIR --sites 100`.

Each site is one of a few variants of a short afternoon in a sales office, on a day and with visitors of its own; the
captures of a variant differ from site to site by their times only, so that a thousand cost little more than ten.
"""
# ruff: noqa: SLF001  (scenes of the demo's story, one by one)

from __future__ import annotations

import argparse
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
        lines.append(f"售楼处{site:04},office-{site:04}.pcap,192.168.1.0/24,{DISTRICTS[site % 3]},")
    plan = folder / "plan.csv"
    plan.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return plan


def main() -> None:
    """Make the sites, run them the way that is asked for, ask the catalogue, and say how long each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sites", type=int, default=10)
    parser.add_argument("--on", default="local")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-faces", action="store_true")
    given = parser.parse_args()
    from netaudit.campaign.plan import read_plan
    from netaudit.campaign.running import run_campaign, tasks_of

    plan = write_sites(given.folder / "captures", given.sites)
    tasks = tasks_of(read_plan(plan), given.folder / "out", faces=not given.no_faces)
    began = time.perf_counter()
    results = run_campaign(tasks, given.on, given.workers)
    spent = time.perf_counter() - began
    inside = sum(one.seconds for one in results)
    states = {one.state for one in results}
    print(f"{given.on}: {len(results)} sites {states} in {spent:.1f} s, {inside:.1f} s in audits")


if __name__ == "__main__":
    main()

"""How long the catalogue of many sites takes: to open it, for a question across sites, for the report.

    python benchmarks/campaign_catalogue.py DIR --sites 10,100,1000

A few synthetic sites are audited; the campaigns that are asked have their case folders again and again under other
names of sites (hard links, so that a thousand cost no disk). Each figure is the first one of a process of its own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.campaign import DISTRICTS, one_way, write_sites
from netaudit.campaign.one_site import CASES, prepare
from netaudit.campaign.plan import PLAN, Site, read_plan, write_plan

MADE = 12  # sites that are audited


def multiplied(few: Path, out: Path, sites: int) -> None:
    """A campaign of so many sites, whose cases are those of a small one."""
    shutil.rmtree(out, ignore_errors=True)
    prepare(out)
    models = read_plan(few / PLAN)
    made: list[Site] = []
    for number in range(sites):
        model = models[number % len(models)]
        site = replace(model, site=f"售楼处{number:05}", district=DISTRICTS[number % 3])
        shutil.copytree(few / CASES / model.folder, out / CASES / site.folder, copy_function=os.link)
        made.append(site)
    write_plan(out / PLAN, made)


def measure(out: Path) -> None:
    """Open, ask and report, in this process."""
    from netaudit.campaign import across
    from netaudit.campaign.catalogue import open_campaign
    from netaudit.campaign.report import write_report

    began = time.perf_counter()
    campaign = open_campaign(out)
    campaign.ready()
    opened = time.perf_counter() - began
    took = {}
    for what in across.QUESTIONS:
        began = time.perf_counter()
        across.recurring(campaign, what)
        took[what] = time.perf_counter() - began
    began = time.perf_counter()
    across.ranking(campaign)
    took["sites"] = time.perf_counter() - began
    began = time.perf_counter()
    write_report(campaign, out / "report.html", "zh")
    report = time.perf_counter() - began
    slowest = max(took, key=lambda name: took[name])
    print(
        f"{len(campaign.cases)} sites: open {opened:.2f} s; questions {min(took.values()):.3f} to {took[slowest]:.3f} "
        f"s ({slowest}); report {report:.2f} s",
        flush=True,
    )


def main() -> None:
    """Make the campaigns, and measure each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sites", default="10,100,1000")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.folder)
        return
    few = given.folder / "few"
    if not few.exists():
        one_way(write_sites(given.folder / "captures", MADE), few, "local", 1, faces=False)
    for sites in map(int, given.sites.split(",")):
        out = given.folder / f"sites-{sites}"
        multiplied(few, out, sites)
        subprocess.run([sys.executable, __file__, str(out), "--measure"], check=True)


if __name__ == "__main__":
    main()

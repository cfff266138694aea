"""Captures of small synthetic sales offices, one per site, and the plan that lists them."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

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

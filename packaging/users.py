"""Be each of the four users on a clean computer, and tell what it takes: `python packaging/users.py PROGRAMS`.

PROGRAMS is the folder of programs (bin, Scripts) of an installation, as install.sh of a bundle makes it. All of it runs
in an empty home, with an empty cache. What was measured goes to docs/figures.json, which the tutorials show.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

from wheel import ROOT, size

CAPTURES = ROOT / "pcaps" / "sales_office"
FIGURES = ROOT / "docs" / "figures.json"
SETTINGS = 'site = "Sales office 1"\nofficers = ["One", "Two"]\nzone = "Asia/Shanghai"\nlanguage = "zh"\n'
ANALYST = """
import netaudit
case = netaudit.audit("office.pcapng", "case", inside="192.168.1.0/24", zone="Asia/Shanghai")
print(case.findings[["certainty", "act", "sender", "receiver", "images"]])
print(case.device("192.168.1.64").claims.head(3))
print(case.sql("SELECT host, count(*) AS n FROM messages GROUP BY host ORDER BY n DESC LIMIT 5"))
print(case.search("192.168.1.64", "devices"))
"""


class User:
    """A home with a capture in it, and the steps that were taken there with their seconds."""

    def __init__(self, programs: Path, home: Path) -> None:
        self.programs, self.home = programs, home
        self.steps: list[tuple[str, float, float]] = []  # what, seconds, seconds of a processor
        shutil.copy(CAPTURES / "lan.pcapng", home / "office.pcapng")
        keep = {"PATH": f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin", "HOME": str(home), "LANG": "C.UTF-8"}
        self.environment = keep | {
            name: os.environ[name] for name in ("SYSTEMROOT", "LOCALAPPDATA") if name in os.environ
        }

    def does(self, *words: str, shown: str = "", fails: bool = False) -> str:
        """Run a step; gives what it said."""
        begun, busy = time.monotonic(), _busy()
        done = subprocess.run(
            [str(self.programs / words[0]), *words[1:]],
            cwd=self.home, env=self.environment, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        taken = time.monotonic() - begun
        if (done.returncode != 0) != fails:
            raise SystemExit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        self.steps.append((shown or " ".join(words), taken, _busy() - busy))
        print(f"  {self.steps[-1][0]}: {taken:.1f} s")
        return done.stdout

    def browses(self, case: str) -> None:
        """Start the pages, and look at three of them."""
        begun = time.monotonic()
        words = [str(self.programs / "netaudit"), "browse", case, "--no-open"]
        with subprocess.Popen(
            words, cwd=self.home, env=self.environment, stdout=subprocess.PIPE, encoding="utf-8"
        ) as served:
            assert served.stdout is not None
            address = next(line for line in served.stdout if "http://" in line).split()[-1]
            opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            with opener.open(address) as first:
                home = first.url
            self.steps.append((f"netaudit browse {case}", time.monotonic() - begun, 0.0))
            for room in ("findings", "gallery", "topology"):
                begun = time.monotonic()
                with opener.open(home.replace("verdict", room)) as page:
                    assert page.status == 200
                self.steps.append((f"… {room}", time.monotonic() - begun, 0.0))
            served.terminate()


def _busy() -> float:
    """Seconds of processors that all steps took so far; none where the system does not tell."""
    told = os.times()
    return told.children_user + told.children_system


def investigator(user: User) -> None:
    """From an installation to a verdict, and through its pages."""
    user.does("netaudit", "doctor")
    user.does("netaudit", "audit", "office.pcapng", "--site", "Sales office 1", "--zone", "Asia/Shanghai")
    user.browses("office-case")
    user.does("netaudit", "export", "office-case", "zip", "-o", "office.zip")


def officer(user: User) -> None:
    """Papers, a signature, a package that others can check."""
    (user.home / ".config" / "netaudit").mkdir(parents=True)
    (user.home / ".config" / "netaudit" / "netaudit.toml").write_text(SETTINGS, "utf-8")
    key = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    key += ["-subj", "/CN=Officer", "-keyout", str(user.home / "key.pem"), "-out", str(user.home / "cert.pem")]
    subprocess.run(key, check=True, capture_output=True)
    user.does("netaudit", "audit", "office.pcapng", "--sm3")
    user.does("netaudit", "verify", "office-case")
    user.does("netaudit", "verify", "office-case", "--by", "dpkt")
    user.does("netaudit", "export", "office-case", "docx", "-o", "record.docx")
    user.does("netaudit", "export", "office-case", "html", "-o", "report.html")
    user.does("netaudit", "export", "office-case", "xlsx", "-o", "tables.xlsx")
    user.does("netaudit", "sign", "office-case", "--key", "key.pem", "--cert", "cert.pem")
    user.does("netaudit", "sign", "office-case", "--stamp")
    user.does("netaudit", "export", "office-case", "zip", "-o", "office.zip")


def analyst(user: User) -> None:
    """Questions in Python, and a signature."""
    (user.home / "ask.py").write_text(ANALYST, "utf-8")
    user.does("python", "ask.py", shown="python: audit, findings, device, sql, search")
    draft = user.does("netaudit", "rules", "new", "case", "192.168.1.64", "--vendor", "Hikvision")
    assert "Hikvision" in draft
    user.does("netaudit", "show", "case", "findings")
    user.does("netaudit", "explain", "case", "192.168.1.64")


def province(user: User) -> None:
    """Three sites by a plan."""
    for number, name in enumerate(("lan.pcapng", "wan.pcapng", "lan.pcapng"), 1):
        place = user.home / "captures" / f"office-{number:02}"
        place.mkdir(parents=True)
        shutil.copy(CAPTURES / name, place)
    (user.home / "project.key").write_bytes(os.urandom(32))
    user.does("netaudit", "campaign", "plan", "captures")
    run = ("netaudit", "campaign", "run", "captures", "--out", "campaign", "--on", "processes", "--workers", "2")
    user.does(*run, "--project-key", "project.key")
    user.does("netaudit", "campaign", "show", "campaign")
    user.does("netaudit", "campaign", "report", "campaign", "--xlsx", "figures.xlsx")
    user.does("netaudit", "campaign", "show", "campaign", "services")
    user.browses("campaign/cases")


USERS = (investigator, officer, analyst, province)


def main() -> None:
    """All of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=Path)
    names = [act.__name__ for act in USERS]
    parser.add_argument("--only", choices=names, nargs="+", default=names, help="Some of them; the others stay.")
    asked = parser.parse_args()
    programs = asked.programs.absolute()
    told = {}
    for act in USERS:
        if act.__name__ not in asked.only:
            continue
        print(act.__name__)
        with tempfile.TemporaryDirectory(prefix="netaudit-user-") as home:
            user = User(programs, Path(home))
            act(user)
        seconds = [(step, round(taken, 1), round(busy, 1)) for step, taken, busy in user.steps]
        told[act.__name__] = {"processors": os.cpu_count(), "megabytes": round(size(programs.parent)), "steps": seconds}
        print(f"  {len(user.steps)} steps, {sum(one[1] for one in user.steps):.0f} s")
    told = (json.loads(FIGURES.read_text("utf-8")) if FIGURES.is_file() else {}) | told
    in_order = {act.__name__: told[act.__name__] for act in USERS if act.__name__ in told}
    FIGURES.write_text(json.dumps(in_order, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())

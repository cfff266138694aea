"""Every command and option runs through the installed `netaudit` script, with and without the optional extras.

The demo office, and a capture with nanosecond times in which nothing is found. Exit codes are those of the
documentation; none is 70, an internal error.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import netaudit
from netaudit.cli.app import app
from netaudit.cli.exits import Exit
from netaudit.cli.helping import described
from tests.conftest import ROOT

SCRIPT = Path(sys.executable).with_name("netaudit.exe" if sys.platform == "win32" else "netaudit")
CAPTURES = {"demo": ROOT / "pcaps/sales_office/lan.pcapng", "quiet": ROOT / "pcaps/quiet/quiet.pcap"}
EXTRAS = (  # modules of the optional dependencies
    "pandas", "pyshark", "scapy", "dpkt", "docx", "xlsxwriter", "rfc3161_client", "gmalg", "av", "pylsqpack", "starlette",
    "uvicorn", "duckdb", "openpyxl", "matplotlib",
)  # fmt: skip
ABSENT = f"""
from importlib.machinery import PathFinder
find = PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in {EXTRAS!r} else find(name, path, target)
PathFinder.find_spec = find_spec
"""
KEY = (
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Officer -days 30 "
    "-addext extendedKeyUsage=emailProtection -addext keyUsage=digitalSignature -keyout key.pem -out cert.pem"
)
CHROMIUM = any(map(shutil.which, ("chromium", "chrome", "google-chrome", "msedge")))


@dataclass(frozen=True)
class Run:
    """A command line and the exit codes that it may end with."""

    words: str  # {finding} and the like stand for ids of the case
    code: int = 0
    extra: str = ""  # what it needs; without it the exit code is that of usage, and the remedy is named
    quiet: int | None = None  # exit code where nothing is found; `code` when not given
    once: bool = False  # says the same of every case: run with the demo only


RUNS = (
    Run("--version", once=True), Run("--explain-exit", once=True), Run("--lang zh --config settings.toml show case"),
    Run("audit {capture} --case a1 --site Office --inside 192.168.1.0/24 --zone Asia/Shanghai --since 2000-01-01T00:00:00 "
        "--until 2100-01-01T00:00:00 --no-faces --keep-all --sm3 --signatures mine --project-key project.key "
        "--tls-keys keylog.txt --keys-for all --authority order --workers 2 --moments notes.csv --moment-window 5 --json "
        "--overwrite", 5, quiet=0),
    Run("audit {capture} --case a2 --count-faces --json-lines --fail-on A --workers 1", 10, quiet=0),
    Run("audit --resume case", 2),
    Run("audit absent.pcap --case a3", 4, once=True), Run("audit --no-such-option", 2, once=True),
    Run("live", once=True),
    Run("show case"), Run("show case findings"), Run("show case devices --csv"), Run("show case flows --json"),
    Run("show case images --columns sha256,size --json"), Run("show case --explain-exit"),
    Run("explain case {finding}", quiet=2), Run("explain case {message} --captures {capture} --json"),
    Run("explain case {device}"), Run("explain case {packet} --captures {capture}"),
    Run("extract case {finding} -o f.pcapng --captures {capture}", quiet=2), Run("extract case {flow} --out g.pcapng"),
    Run("extract case {flow} --wireshark"),
    Run("decide copy {device} --class ip_camera --vendor Hikvision --alias Door --note label --by One"),
    Run("recheck case other"), Run("recheck case --after other --html recheck.html --json"),
    Run("duties", once=True), Run("duties case"), Run("duties case --json"),
    Run("verify case"), Run("verify case --json"), Run("verify case --by dpkt --images", extra="dpkt"),
    Run("verify case --by netaudit --captures {capture}"),
    Run("sign copy --key key.pem --cert cert.pem"), Run("sign copy --p12 key.p12"), Run("sign copy --stamp", extra="rfc3161_client"),
    Run("sign copy --answer key.pem --authority cert.pem", 2),
    Run("export case html --out r.html --zone Asia/Shanghai"),
    Run("export copy html --unmask --for court --certificate validation/netaudit-validation.json --overwrite -o u.html"),
    Run("export case pdf --annexes -o r.pdf", 0 if CHROMIUM else 2),
    Run("export case docx -o r.docx", extra="docx"), Run("export case xlsx -o r.xlsx", extra="xlsxwriter"),
    Run("export case zip -o r.zip"), Run("export case tables -o tables"),
    Run("doctor", once=True), Run("doctor --json", once=True),
    Run("validate -o v1 --key key.pem --cert cert.pem --json", once=True), Run("validate --out v2 --p12 key.p12", once=True),
    Run("validate --pack pack", once=True),
    Run("docs --print", once=True),
    Run("rules new case {device} --class ip_camera --vendor Hikvision"), Run("rules new case {message} --captures {capture}"),
    Run("rules check mine"), Run("rules test case --signatures mine --added"), Run("rules list", once=True),
    Run("campaign plan captures"), Run("campaign run plan.csv --out c1 --workers 2 --project-key project.key --no-faces "
                                       "--time-limit 1", 5, quiet=0),
    Run("campaign show campaign"), Run("campaign show campaign --json"), Run("campaign show campaign sites", extra="duckdb"),
    Run("campaign report campaign --html c.html --xlsx c.xlsx --count-persons --purpose check --authorised-by One",
        extra="duckdb"),
    *(Run(f"{one.path.removeprefix('netaudit').strip()} -h".strip(), once=True) for one in described(app, "en")),
)  # fmt: skip
NOT_RUN = {  # why an option is in no row
    "live": "records until it is ended (tests/live)", "browse": "serves until it is ended (below)",
    "--try": "measures the computer for a minute (tests/pipeline)", "--warm": "compiles for minutes",
    "--install-completion": "changes the user's shell", "--show-completion": "asks which shell runs it",
}  # fmt: skip


def test_every_command_and_option_is_run() -> None:
    rows = [one.words.split() for one in RUNS]
    for command in described(app, "en"):
        path = command.path.split()[1:]
        if path[:1] and path[0] in NOT_RUN:
            continue
        said = {word for words in rows if words[: len(path)] == path for word in words}
        for names, _ in command.options:
            spellings = {name.strip().split()[0] for name in names.split(",")}
            assert spellings & (said | NOT_RUN.keys()), f"{command.path} {names}"


class Office:
    """A folder with what commands ask for, and an environment with or without the extras."""

    def __init__(self, folder: Path, capture: Path, *, extras: bool) -> None:
        self.folder, self.name, self.capture, self.extras = folder, folder.name, capture, extras
        folder.mkdir()
        (folder / "absent").mkdir()
        (folder / "absent" / "sitecustomize.py").write_text(ABSENT, "utf-8")
        path = [ROOT] if extras else [folder / "absent", ROOT]
        own = {name: value for name, value in os.environ.items() if not name.startswith("NETAUDIT_TEST")}
        self.environment = own | {
            "PYTHONPATH": os.pathsep.join(map(str, path)), "HOME": str(folder), "LANG": "C.UTF-8", "COLUMNS": "80",
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        }  # fmt: skip
        self._fill()

    def _fill(self) -> None:
        folder = self.folder
        (folder / "mine" / "devices").mkdir(parents=True)
        (folder / "captures").mkdir()
        shutil.copy(self.capture, folder / "captures")
        shutil.copy(ROOT / "pcaps/sales_office/keylog.txt", folder)
        (folder / "settings.toml").write_text('site = "Office"\n', "utf-8")
        (folder / "notes.csv").write_text("2025-06-01 10:00:00,passes the door camera\n", "utf-8")
        (folder / "project.key").write_bytes(b"0f" * 32)
        (folder / "plan.csv").write_text(f"site,captures\nNorth,{self.capture}\n", "utf-8")
        subprocess.run(["openssl", *KEY.split()], cwd=folder, check=True, capture_output=True)
        bundle = "pkcs12 -export -inkey key.pem -in cert.pem -passout pass: -out key.p12"
        subprocess.run(["openssl", *bundle.split()], cwd=folder, check=True, capture_output=True)
        self.run(f"audit {self.capture} --case case")
        shutil.copytree(folder / "case", folder / "copy")
        self.run(f"audit {ROOT / 'pcaps/benign_office/benign.pcap'} --case other --no-faces")
        self.run("validate --out validation")
        self.run("campaign run plan.csv --out campaign --project-key project.key")
        case = netaudit.open_case(folder / "case")

        def first(table: str, column: str) -> str:
            rows = case.table(table)
            return str(rows[column][0].as_py()) if rows.num_rows else "F0000000"

        self.ids = {
            "capture": str(self.capture), "finding": first("findings", "finding_id"), "flow": first("flows", "flow_id"),
            "message": first("messages", "message_id"), "device": first("devices", "device_id"), "packet": first("flows", "first_frame"),
        }  # fmt: skip

    def run(self, words: str) -> subprocess.CompletedProcess[str]:
        """Run the script; never an internal error."""
        done = subprocess.run(
            [SCRIPT, *words.split()], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
            timeout=300, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode in set(Exit) - {Exit.INTERNAL}, f"{words}\n{done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, f"{words}\n{done.stderr}"
        return done


@pytest.fixture(scope="module", params=["demo", "quiet", "demo-bare", "quiet-bare"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Office:
    name, _, bare = request.param.partition("-")
    return Office(tmp_path_factory.mktemp("office") / request.param, CAPTURES[name], extras=not bare)


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.words[:60])
def test_it_ends_with_the_exit_code_of_the_documentation(run: Run, office: Office) -> None:
    if run.once and office.name != "demo":
        return
    done = office.run(run.words.format(**office.ids))
    wanted = run.code
    if run.quiet is not None and office.ids["finding"] == "F0000000":
        wanted = run.quiet
    if run.extra and not office.extras:
        wanted = Exit.USAGE
        assert "pip install" in done.stdout + done.stderr
    assert done.returncode == wanted, f"{done.returncode}\n{done.stdout[-1500:]}{done.stderr[-1500:]}"


def test_browse_serves_until_it_is_ended(office: Office) -> None:
    words = ["browse", "case", "--captures", str(office.capture), "--no-open"]
    with subprocess.Popen(
        [SCRIPT, *words],
        cwd=office.folder,
        env=office.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as served:
        if office.extras:
            assert served.stdout is not None
            assert "http://127.0.0.1" in served.stdout.readline()
            served.send_signal(signal.SIGINT)
        out, err = served.communicate(timeout=60)
    assert served.returncode in ((Exit.AUDITED, Exit.INTERRUPTED) if office.extras else (Exit.USAGE,)), out + err

"""The release check for Windows, in wine: `make windows`. Figures and tables are compared with this system's.

The bundle is made and installed by its installer; then what users do is done there: audits in one process and in two,
a campaign, the browser's pages, verify, sign, stamp, repeat, keys, kill and resume, a recording (a stand-in plays
dumpcap), long and Chinese paths, two code pages, the tests of some rooms. What wine cannot show: docs/windows.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from frozen import SAME, sums
from interpreter import compiled
from wheel import DIST, ROOT, size
from wine import Wine, have_tools

DEMO, OFFICE = ROOT / "pcaps/sales_office/lan.pcapng", ROOT / "pcaps/second_office/office.pcapng"
KEYS = ROOT / "pcaps/opened/tls13_aes_128_ccm_sha256"
ROOMS = ("storage", "system", "text", "masking", "case", "capture/test_pcapng.py", "capture/test_pcap.py", "streams")
PACKAGES = ("pytest", "hypothesis", "psutil")  # that the tests of those rooms need and no bundle has
LEAST_PASSED = 0.97  # of the tests that run there


class Check:
    """Runs steps, tells each, and goes on after one that fails."""

    def __init__(self, wine: Wine) -> None:
        self.wine, self.data, self.failed, self.done = wine, wine.disk / "data", 0, 0
        self.said: dict[str, bytes] = {}  # by step
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True)
        for path in (DEMO, OFFICE):
            shutil.copy(path, self.data)
        (self.data / "key").write_bytes(b"5e" * 32)

    def step(self, name: str, look: Callable[[], str]) -> None:
        """`look` does something there and gives what is wrong with it, or figures after "ok"."""
        began = time.monotonic()
        try:
            found = look()
        except Exception as error:  # noqa: BLE001 - a step that fails is told, and the others are done
            found = f"{type(error).__name__}: {error}"
        well = found.startswith("ok")
        self.done, self.failed = self.done + 1, self.failed + (not well)
        print(
            f"{'ok  ' if well else 'FAIL'}  {name} ({time.monotonic() - began:.0f} s) {found.removeprefix('ok')}",
            flush=True,
        )

    def ran(self, code: int, *words: object, **more: str) -> str:
        """Run netaudit there: "ok" when it ends with that exit code."""
        done = self.wine.netaudit(*words, folder=self.data, **more)
        self.said["last"] = done.stdout
        last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or [""])[-1]
        return "ok" if done.returncode == code else f"exit code {done.returncode}, not {code}: {last}"

    def same(self, case: str, *words: object, code: int = 0) -> str:
        """Audit there and here with the same words: verdict, tables, private tables and objects, byte for byte."""
        given = [*words, "--project-key", "key", "--json", "--overwrite"]
        if (ran := self.ran(code, "audit", *given, "--case", case)) != "ok":
            return ran
        there = json.loads(self.said["last"])
        shutil.rmtree(self.wine.place / "here", ignore_errors=True)
        place = self.wine.place / "here" / "case"
        place.parent.mkdir()
        words_here = [sys.executable, "-m", "netaudit", "audit", *map(str, given), "--case", str(place)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        here = json.loads(
            subprocess.run(words_here, cwd=self.data, env=environment, check=False, stdout=subprocess.PIPE).stdout
        )
        one, other = sums(place), sums(self.data / case)
        differs = [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]
        differs += [name for name in SAME if here.get(name) != there.get(name)]
        return f"ok {len(one)} tables and objects" if not differs else f"not as here: {differs}"


def installer(check: Check, bundle: Path) -> None:
    """Installed, on PATH, with shortcuts; changed wheels are refused."""
    wine = check.wine

    def installed() -> str:
        done, seconds = wine.install(bundle)
        text = done.stdout.decode("utf-8", "replace")
        links = [*wine.disk.glob("users/*/Desktop/netaudit.lnk"), *wine.disk.rglob("Start Menu/Programs/netaudit.lnk")]
        path = wine.run("reg", "query", r"HKCU\Environment", "/v", "Path").stdout
        well = not done.returncode and len(links) == 2 and b"netaudit-program" in path and "安装完成" in text
        files = sum(1 for one in wine.program.rglob("*") if one.is_file())
        return (
            f"ok {files} files, {size(wine.program):.0f} MB, {seconds:.0f} s"
            if well
            else f"{done.returncode}: {text[-300:]}"
        )

    def refused() -> str:
        wheel = next((bundle / "wheels").glob("lz4-*.whl"))
        whole = wheel.read_bytes()
        wheel.write_bytes(whole[:-1] + b"x")
        try:
            done, _ = wine.install(bundle)
        finally:
            wheel.write_bytes(whole)
        return (
            "ok"
            if done.returncode == 1 and wheel.name.encode() in done.stdout
            else f"{done.returncode}: {done.stdout[-200:]!r}"
        )

    check.step("installed by install.cmd", installed)
    check.step("a changed wheel is refused", refused)
    check.step("version", lambda: check.ran(0, "--version"))
    check.step("doctor", lambda: check.ran(0, "doctor", "--lang", "en"))


def audits(check: Check) -> None:
    """What audits give, in several ways of carrying them out."""
    long = "\\".join(["销售中心 很长的文件夹名称 " + "x" * 40] * 5)
    check.step("compiled once", lambda: check.ran(0, "warm"))
    check.step("demo: as on this system", lambda: check.same("demo", DEMO.name))
    check.step("office: as on this system", lambda: check.same("office", OFFICE.name))
    check.step("two workers: as on this system", lambda: check.same("two", DEMO.name, "--workers", "2"))
    check.step("Chinese path of 400 characters", lambda: check.ran(0, "audit", DEMO.name, "--case", long + r"\案卷"))
    check.step("shown from there", lambda: check.ran(0, "show", long + r"\案卷", "devices", "--csv"))
    check.step("without Windows' list of time zones", lambda: old(check))
    check.step("nothing but tables is left", lambda: left(check))
    check.step("keys: opened", lambda: opened(check))
    check.step("killed and resumed: as before", lambda: resumed(check))
    check.step("doctor --try", lambda: tried(check))
    check.step("private is private", lambda: private(check))


def old(check: Check) -> str:
    """As before Windows 10 1903: an audit ends, and doctor is content."""
    without = check.wine.environment()["WINEDLLOVERRIDES"] + ";icu=d"
    shutil.copy(KEYS.with_suffix(".pcapng"), check.data / "old.pcapng")
    ran = check.ran(0, "audit", "old.pcapng", WINEDLLOVERRIDES=without)
    return ran if ran != "ok" else check.ran(0, "doctor", WINEDLLOVERRIDES=without)


def left(check: Check) -> str:
    """Working files that a case was sealed with."""
    cases = [path.parent for path in check.data.rglob("manifest.json")]
    rest = [path.name for case in cases for path in (case / "tables").iterdir() if path.suffix != ".parquet"]
    return "ok" if not rest else f"left: {rest}"


def opened(check: Check) -> str:
    """A connection that a key log opens: pieces go by the cipher library's own functions there, too."""
    for suffix in (".pcapng", ".keylog"):
        shutil.copy(KEYS.with_suffix(suffix), check.data)
    words = (KEYS.name + ".pcapng", "--tls-keys", KEYS.name + ".keylog", "--keys-for", "all", "--authority", "own")
    found = check.same("opened", *words)
    asked = "from netaudit.messages.decryption.libcrypto import library; raise SystemExit(library() is None)"
    done = check.wine.run(check.wine.program / "python/python.exe", "-c", asked)
    return found if done.returncode == 0 else "the cipher library was not found"


def resumed(check: Check) -> str:
    """An audit that is killed in its middle goes on and ends as one that was not."""
    many = check.data / "many"
    many.mkdir()
    for number in range(12):
        shutil.copy(DEMO, many / f"{number:02}.pcapng")
    words = ("audit", "many", "--project-key", "key", "--no-faces", "--json")
    process = check.wine.start(check.wine.program / "netaudit.exe", *words, "--case", "cut", folder=check.data)
    began = time.monotonic()
    while not list((check.data / "cut" / "private").glob("checkpoint/state*")) and time.monotonic() - began < 120:
        if process.poll() is not None:
            return "had ended before it was killed"
        time.sleep(0.2)
    check.wine.end()
    process.communicate()
    if (check.data / "cut" / "manifest.json").exists():
        return "had ended before it was killed"
    resumed = check.ran(0, "audit", "--resume", "cut")
    if not resumed.startswith("ok"):
        return resumed
    whole = check.ran(0, *words, "--case", "uncut")
    one, other = sums(check.data / "cut"), sums(check.data / "uncut")
    differs = [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]
    return whole if not differs else f"not as uncut: {differs}"


def tried(check: Check) -> str:
    """The page that users send back, with the cost of a file there."""
    ran = check.ran(0, "doctor", "--try", "--lang", "en")
    page = (check.data / "netaudit-try.txt").read_text("utf-8-sig")
    file = next(line for line in page.splitlines() if "a small file" in line)
    return f"{ran} {file.strip()}" if "ok    a small audit with a known answer" in page else page[-600:]


def private(check: Check) -> str:
    """By its access list, as Windows spells it, for the private part of a case."""
    asked = (
        "import sys; from pathlib import Path; from netaudit.system import windows_rights as w;"
        "print(w._told(Path(sys.argv[1])), w.nobody_else_writes(Path(sys.argv[1])))"
    )
    done = check.wine.run(check.wine.program / "python/python.exe", "-c", asked, r"C:\data\demo\private")
    said = done.stdout.decode("utf-8", "replace").strip()
    return (
        f"ok {said}" if "D:" in said and "WD)" not in said.partition("D:")[2] else said or done.stderr[-300:].decode()
    )


def cases(check: Check) -> None:
    """What is done with a case."""
    check.step("verify", lambda: check.ran(0, "verify", "demo"))
    check.step("verify by dpkt", lambda: check.ran(0, "verify", "demo", "--by", "dpkt"))
    check.step("repeat", lambda: check.ran(0, "repeat", "demo", DEMO.name, "--project-key", "key"))
    check.step("report", lambda: check.ran(0, "report", "demo", "--lang", "zh"))
    check.step("table for a spreadsheet", lambda: check.ran(0, "export", "demo", "--xlsx", "demo.xlsx"))
    check.step("record for Word", lambda: check.ran(0, "record", "demo", "--docx", "demo.docx"))
    check.step("passed on", lambda: check.ran(0, "export", "demo", "--shareable", "移交 包.zip"))
    check.step("sign", lambda: signed(check))
    check.step("stamp: the request", lambda: check.ran(0, "stamp", "demo"))
    check.step("verify what was signed", lambda: check.ran(0, "verify", "demo"))
    check.step("browse", lambda: browsed(check))
    check.step("campaign", lambda: campaign(check))
    check.step("recording, by a stand-in", lambda: recorded(check))
    for language, page in (("zh_CN.UTF-8", "cp936"), ("en_US.UTF-8", "cp1252")):
        check.step(f"code page {page}", lambda language=language, page=page: code_page(check, language, page))


def signed(check: Check) -> str:
    """With a key made here."""
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=x",
    ]
    files = [str(check.data / name) for name in ("officer.key", "officer.pem")]
    subprocess.run([*words, "-keyout", files[0], "-out", files[1]], check=True, capture_output=True)
    return check.ran(0, "sign", "demo", "--key", "officer.key", "--cert", "officer.pem")


def browsed(check: Check) -> str:
    """The first page of the case, with the address that was printed."""
    process = check.wine.start(check.wine.program / "netaudit.exe", "browse", "demo", "--no-open", folder=check.data)
    try:
        assert process.stdout is not None
        line = ""
        while "http" not in line:
            got = process.stdout.readline()
            if not got:
                return "ended without an address"
            line = got.decode("utf-8", "replace")
        address = next(word for word in line.split() if word.startswith("http"))
        visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        page = visitor.open(address, timeout=60).read()
        return f"ok {len(page)} bytes" if b"<html" in page and len(page) > 2000 else f"{len(page)} bytes"
    finally:
        check.wine.end()
        process.kill()
        process.communicate()


def campaign(check: Check) -> str:
    """Two sites in two processes, within a limit of memory."""
    for name, path in (("一号店", DEMO), ("二号店", OFFICE)):
        (check.data / "sites" / name).mkdir(parents=True)
        shutil.copy(path, check.data / "sites" / name)
    words = (
        "campaign",
        "run",
        r"sites\plan.csv",
        "--out",
        "out",
        "--on",
        "processes",
        "--workers",
        "2",
        "--memory-limit",
        "3",
    )
    ran = [check.ran(0, "campaign", "plan", "sites"), check.ran(0, *words), check.ran(0, "campaign", "report", "out")]
    count = len(list((check.data / "out").rglob("manifest.json")))
    return f"ok {count} cases" if {*ran} == {"ok"} and count == 2 else f"{ran}, {count} cases"


def recorded(check: Check) -> str:
    """What a stand-in for dumpcap writes is audited meanwhile; wine ends it at Ctrl-Break, unheard."""
    program = check.wine.program / "dumpcap.exe"
    shutil.copy(HERE / "stand_in.py", check.data)
    start = r"\"C:\\data\\stand_in.py\" \"C:\\data\\" + DEMO.name + r"\""
    compiled(HERE / "start.c", program, "-municode", PYTHON="python\\\\python.exe", START=start)
    try:
        path = f"C:\\windows\\system32;Z:{program.parent}".replace("/", "\\")
        words = (
            "live",
            "x",
            "--case",
            "live",
            "--headless",
            "--duration",
            "10s",
            "--no-faces",
            "--recorder",
            "dumpcap",
        )
        ran = check.ran(0, *words, WINEPATH=path)
        chain = (check.data / "live" / "custody.jsonl").read_text("utf-8")
        files = [line for line in map(json.loads, chain.splitlines()) if line["what"] == "recorded"]
        count = sum(line["packets"] for line in files)
        return f"{ran} {count} packets audited" if count else f"{ran}: nothing was recorded"
    finally:
        program.unlink()


def code_page(check: Check, language: str, page: str) -> str:
    """What is redirected is UTF-8 whatever the page; a case of a Chinese name is found by its name."""
    asked = "import locale; print(locale.getpreferredencoding(False))"
    python = check.wine.program / "python/python.exe"
    told = (
        check.wine.run(python, "-X", "utf8=0", "-c", asked, LC_ALL=language).stdout.decode("ascii", "replace").strip()
    )
    ran = check.ran(0, "show", "demo", "findings", "--csv", LC_ALL=language)
    text = check.said["last"].decode("utf-8-sig")
    here = check.ran(0, "show", "demo", "--lang", "zh", LC_ALL=language)
    chinese = "人脸" in check.said["last"].decode("utf-8")
    right = ran == here == "ok" and chinese and text.startswith("finding") and check.said["last"]
    return f"ok ({told})" if right and told.lower() == page else f"{told}, {ran}, {here}, {text[:40]!r}, {chinese}"


def tests(check: Check) -> None:
    """The project's own tests of some rooms."""
    place, source = check.wine.disk / "tools", check.wine.disk / "source"
    words = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(place)]
    words += ["--platform", "win_amd64", "--python-version", check.wine.minor, "--only-binary=:all:", "--upgrade"]
    subprocess.run([*words, *PACKAGES, "colorama"], check=True)
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    listed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x", "-C", str(source)], input=listed, check=True)
    code = (
        "import sys; sys.path[:0] = [r'C:\\source', r'C:\\tools']; import pytest;"
        "raise SystemExit(pytest.main(sys.argv[1:]))"
    )

    def room(name: str) -> str:
        words = ("-q", "-p", "no:cacheprovider", f"tests/{name}")
        done = check.wine.run(check.wine.program / "python/python.exe", "-c", code, *words, folder=source)
        last = done.stdout.decode("utf-8", "replace").strip().splitlines() or [
            done.stderr.decode("utf-8", "replace")[-200:]
        ]
        counts = {
            what: int(count)
            for count, what in (word.split()[:2] for word in last[-1].strip("= ").split(", ") if word[:1].isdigit())
        }
        share = counts.get("passed", 0) / max(
            1, counts.get("passed", 0) + counts.get("failed", 0) + counts.get("error", 0)
        )
        (check.wine.place / f"tests-{name.replace('/', '-')}.txt").write_bytes(done.stdout)
        return f"ok {last[-1]}" if share >= LEAST_PASSED else f"{last[-1]}"

    for name in ROOMS:
        check.step(f"tests of {name}", lambda name=name: room(name))


def main() -> None:
    """All of it; exit code 1 where a step fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="3.13", help="minor version of the bundle's Python")
    parser.add_argument("--place", type=Path, default=ROOT / "build" / "windows")
    parser.add_argument("--no-bundle", action="store_true", help="take the bundle that is there")
    parser.add_argument("--no-install", action="store_true", help="and what was installed of it")
    asked = parser.parse_args()
    began = time.monotonic()
    have_tools()
    if not asked.no_bundle:
        words = [sys.executable, str(ROOT / "packaging/bundle.py"), "--system", "windows", "--python", asked.python]
        subprocess.run(words, check=True)
    bundle = next(DIST.glob(f"*-windows-python{asked.python}"))
    wine = Wine(asked.place.absolute(), asked.python)
    wine.begin()
    check = Check(wine)
    try:
        if not asked.no_install:
            installer(check, bundle)
        audits(check)
        cases(check)
        tests(check)
        check.step("removed by uninstall.cmd", lambda: removed(check))
    finally:
        wine.end()
    digest = hashlib.sha256((bundle / "lock.txt").read_bytes()).hexdigest()[:16]
    told = f"{check.done} steps, {check.failed} failed, {time.monotonic() - began:.0f} s"
    print(f"{told}; bundle {size(bundle):.0f} MB (lock {digest})")
    raise SystemExit(bool(check.failed))


def removed(check: Check) -> str:
    """The folder, PATH and shortcuts are gone, the cases are there."""
    wine = check.wine
    wine.run("cmd", "/c", str(wine.program / "uninstall.cmd").replace(str(wine.disk), "C:").replace("/", "\\"))
    path = wine.run("reg", "query", r"HKCU\Environment", "/v", "Path").stdout
    rest = [*wine.program.rglob("*"), *wine.disk.glob("users/*/Desktop/netaudit.lnk")]
    well = not rest and b"netaudit-program" not in path and (check.data / "demo" / "case.json").is_file()
    return "ok" if well else f"left: {rest[:3]} {path[-100:]!r}"


if __name__ == "__main__":
    main()

"""Steps: what is done with a case, and how cases come about otherwise: campaign, recording."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import urllib.request
import zipfile

from check_ends import starts
from checking import DEMO, LAST, OFFICE, Check, equal
from interpreter import HERE, compiled
from probes import does
from stand_in import LOST

PACKETS = 5522  # of the demo
AUTHORITY = """[req]
distinguished_name = name
[name]
[stamps]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = one
[one]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def steps(check: Check) -> None:
    """Verified, shown, exported, signed, browsed, recorded."""
    check.step("verify", lambda: check.ran(0, "verify", "demo"))
    check.step("verify by dpkt", lambda: check.ran(0, "verify", "demo", "--by", "dpkt"))
    check.step("repeat", lambda: check.ran(0, "verify", "demo", "--by", "netaudit", "--captures", DEMO.name))
    check.step("report", lambda: check.ran(0, "export", "demo", "html", "--lang", "zh"))
    check.step("tables for a spreadsheet", lambda: _written(check, "tables.xlsx", "export", "demo", "xlsx", "-o"))
    check.step("record for Word", lambda: _written(check, "record.docx", "export", "demo", "docx", "-o"))
    check.step("passed on", lambda: _written(check, "移交 包.zip", "export", "demo", "zip", "-o"))
    check.step("sign", lambda: _signed(check))
    check.step("stamp", lambda: _stamped(check))
    check.step("verify what was signed and stamped", lambda: _verified(check))
    check.step("browse", lambda: _browsed(check, "browse", "demo", "--no-open"))
    check.step("a capture dropped on the shortcut", lambda: _dropped(check))
    check.step("a double click asks for a capture", lambda: _asked(check))
    check.step("campaign of two sites", lambda: _campaign(check))
    check.step("recording, by a stand-in", lambda: _recorded(check))
    for language, page in (("zh_CN.UTF-8", "cp936"), ("en_US.UTF-8", "cp1252")):
        check.step(f"code page {page}", lambda language=language, page=page: _code_page(check, language, page))


def _written(check: Check, name: str, *words: str) -> str:
    """A file that is made of a case: a sound archive, as all three kinds are."""
    (check.data / name).unlink(missing_ok=True)
    if (ran := check.ran(0, *words, name)) != "ok":
        return ran
    with zipfile.ZipFile(io.BytesIO((check.data / name).read_bytes())) as packed:
        bad, names = packed.testzip(), packed.namelist()
    return bad or f"ok {len(names)} files in it, {(check.data / name).stat().st_size / 1e3:.0f} kB"


def _certificate(check: Check, name: str, *more: str) -> None:
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    words += ["-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", *more]
    subprocess.run(words, cwd=check.data, check=True, capture_output=True)


def _signed(check: Check) -> str:
    """With a key made here."""
    _certificate(check, "officer")
    return check.ran(0, "sign", "demo", "--key", "officer.key", "--cert", "officer.pem")


def _stamped(check: Check) -> str:
    """The request is answered by an authority made here."""
    if (ran := check.ran(0, "sign", "demo", "--stamp")) != "ok":
        return ran
    (check.data / "authority.cnf").write_text(AUTHORITY, "ascii")
    (check.data / "serial").write_text("01", "ascii")
    _certificate(check, "stamps", "-config", "authority.cnf", "-extensions", "stamps")
    request = next((check.data / "demo").rglob("*.tsq"))
    words = ["openssl", "ts", "-reply", "-config", "authority.cnf", "-queryfile", request, "-signer", "stamps.pem"]
    subprocess.run(
        [*words, "-inkey", "stamps.key", "-out", "answer.tsr"], cwd=check.data, check=True, capture_output=True
    )
    return check.ran(0, "sign", "demo", "--answer", "answer.tsr", "--authority", "stamps.pem")


def _verified(check: Check) -> str:
    """Both are told, and hold."""
    ran = check.ran(0, "verify", "demo", "--lang", "en", "--json")
    return ran if ran != "ok" else f"ok {len(check.said)} bytes of JSON"


def _dropped(check: Check) -> str:
    """It is audited beside itself, and its case is browsed."""
    shutil.rmtree(check.data / "dropped-case", ignore_errors=True)
    shutil.copy(OFFICE, check.data / "dropped.pcapng")
    found = _browsed(check, "browse", r"C:\data\dropped.pcapng")
    return found if (check.data / "dropped-case" / "manifest.json").is_file() else f"no case; {found}"


def _asked(check: Check) -> str:
    """In a console of its own, without a word: what is typed is audited beside itself, and its case is browsed."""
    shutil.rmtree(check.data / "asked-case", ignore_errors=True)
    shutil.copy(OFFICE, check.data / "asked.pcapng")
    shutil.copy(HERE / "double_click.py", check.data)
    words = (check.wine.inside / "netaudit.exe", r"C:\data\asked.pcapng")
    done = check.wine.run(
        check.wine.program / "python/python.exe", r"C:\data\double_click.py", *words, folder=check.data
    )
    said = (done.stdout + done.stderr).decode("utf-8", "replace").strip()[-LAST:]
    there = (check.data / "asked-case" / "manifest.json").is_file()
    return "ok" if there and "http://" in said else f"a case: {there}; {said}"


def _browsed(check: Check, *words: str) -> str:
    """The first page of the case, with the address that was printed."""
    process = check.wine.start(check.wine.program / "netaudit.exe", *words, folder=check.data)
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
        page = visitor.open(address, timeout=600).read()
        return f"ok {len(page)} bytes" if b"<html" in page and len(page) > 2000 else f"{len(page)} bytes"
    finally:
        check.wine.end()
        process.kill()
        process.communicate()


def _campaign(check: Check) -> str:
    """Two sites in two processes, within a limit of memory; each case as an audit by itself gives it."""
    shutil.rmtree(check.data / "sites", ignore_errors=True)
    shutil.rmtree(check.data / "out", ignore_errors=True)
    for name, path in (("一号店", DEMO), ("二号店", OFFICE)):
        (check.data / "sites" / name).mkdir(parents=True)
        shutil.copy(path, check.data / "sites" / name)
    words = [
        "campaign",
        "run",
        "sites\\plan.csv",
        "--out",
        "out",
        "--on",
        "processes",
        "--workers",
        "2",
        "--memory-limit",
        "3",
    ]
    ran = [check.ran(0, "campaign", "plan", "sites"), check.ran(0, *words), check.ran(0, "campaign", "report", "out")]
    count = len(list((check.data / "out").rglob("manifest.json")))
    return f"ok {count} cases" if {*ran} == {"ok"} and count == 2 else f"{ran}, {count} cases"


def _recorded(check: Check) -> str:
    """What a stand-in for dumpcap writes is audited meanwhile; its losses are heard where Ctrl-Break is."""
    program = check.wine.program / "dumpcap.exe"
    shutil.copy(HERE / "stand_in.py", check.data)
    shutil.rmtree(check.data / "live", ignore_errors=True)
    compiled(HERE / "start.c", program, "-municode", **starts(r"C:\\data\\stand_in.py", f"C:\\\\data\\\\{DEMO.name}"))
    try:
        path = f"C:\\windows\\system32;Z:{program.parent}".replace("/", "\\")
        words = ["live", "x", "--case", "live", "--headless", "--duration", "15s", "--recorder", "dumpcap"]
        if (ran := check.ran(0, *words, WINEPATH=path)) != "ok":
            return ran
        chain = [json.loads(line) for line in (check.data / "live/custody.jsonl").read_text("utf-8").splitlines()]
        count = sum(line["packets"] for line in chain if line["what"] == "recorded")
        ended = next(line for line in chain if line["what"] == "recording ended")
        losses = f"lost {ended['dropped_kernel']}, runs without a word {ended['untold_runs']}"
        heard = does(check.wine.place, check.wine.minor, "ctrl_break")
        right = ended["dropped_kernel"] == LOST if heard else ended["untold_runs"] == 1
        words = ["--project-key", r"live\private\key", "--case", "recorded", "--overwrite"]
        again = check.ran(0, "audit", r"live\private\record", *words)
        if count != PACKETS or not right or again != "ok":
            return f"{count} packets, {losses}, {again}"
        found = equal(check.data / "recorded", check.data / "live")
        return f"{found}, {count} packets, {losses}{'' if heard else ' (wine ends the stand-in unheard)'}"
    finally:
        program.unlink()


def _code_page(check: Check, language: str, page: str) -> str:
    """What is redirected is UTF-8 whatever the page; CSV begins with its mark."""
    told = check.python("import ctypes; print(f'cp{ctypes.windll.kernel32.GetACP()}')", LC_ALL=language)
    ran = check.ran(0, "show", "demo", "findings", "--csv", LC_ALL=language)
    marked, text = check.said.startswith(b"\xef\xbb\xbf"), check.said.decode("utf-8-sig")
    here = check.ran(0, "show", "demo", "--lang", "zh", LC_ALL=language)
    chinese = "人脸" in check.said.decode("utf-8")
    right = ran == here == "ok" and chinese and marked and text.startswith("finding") and told == page
    return f"ok {len(text.splitlines())} lines" if right else f"{told}, {ran}, {here}, {text[:40]!r}, {chinese}"

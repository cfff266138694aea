"""Is this computer ready? What an audit and a recording need, tried and not only looked for.

Nothing is changed and nothing is sent; the judging helper is started as an audit starts it, and looks at one picture.
"""

from __future__ import annotations

import os
import platform
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.capture.wireshark import find_npcap, find_program
from netaudit.core.system import programs
from netaudit.core.system.reasons import why
from netaudit.core.system.user_cache import user_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOOD, SCARCE, BAD = "good", "scarce", "bad"  # scarce: an audit works, something else does not
PATIENCE = 60.0  # seconds for the helper, whose first start may be slow
LEAST_FREE = 2 << 30  # bytes
LEAST_PYTHON = (3, 11)
CHINESE_ON_WINDOWS = ("msyh.ttc", "simsun.ttc", "Deng.ttf", "simhei.ttf")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing and how it is; `remedy` is a key of the texts, empty where nothing is to be done."""

    name: str
    state: str
    remedy: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def examine() -> Iterator[Check]:
    """Each check as soon as it is done; what fails in an unforeseen way is bad, with what was said."""
    for name, check in CHECKS.items():
        try:
            yield from check()
        except Exception as error:  # noqa: BLE001 - a doctor does not fall ill
            yield Check(name, BAD, "told", {"said": f"{type(error).__name__}: {error}"[:300]})


def _python() -> Iterator[Check]:
    fit = (
        sys.version_info[:2] >= LEAST_PYTHON and sys.maxsize > 1 << 32 and platform.python_implementation() == "CPython"
    )
    facts = {
        "version": platform.python_version(),
        "bits": 64 if sys.maxsize > 1 << 32 else 32,
        "system": platform.platform(),
    }
    yield Check("python", GOOD if fit else BAD, "" if fit else "python", facts)


def _kernels() -> Iterator[Check]:
    from netaudit.jit.cache import SHIPPED, cache_folder
    from netaudit.pipeline.ready import is_ready, may_keep
    from netaudit.pipeline.warm import PIECES

    missing = [piece for piece in PIECES if not is_ready(piece)]
    facts = {"shipped": SHIPPED.is_dir(), "folder": str(cache_folder()), "missing": missing}
    if not missing:
        yield Check("kernels", GOOD, "", facts)
    elif may_keep(cache_folder()):
        yield Check("kernels", SCARCE, "warm", facts)
    else:
        yield Check("kernels", BAD, "cache", facts)


def _judging() -> Iterator[Check]:
    """The helper with the detector; where that fails, whether the helper runs without."""
    answer = _ask_helper("faces")
    if "done" in answer:
        reason = answer.get("verdict", {}).get("reason", "")
        yield Check("helper", GOOD)
        yield Check(
            "detector", BAD if reason else GOOD, "detector" if reason else "", {"said": reason} if reason else {}
        )
        return
    alone = _ask_helper("none")
    works = "done" in alone
    yield Check("helper", GOOD if works else BAD, "" if works else "helper", {} if works else {"said": _words(alone)})
    yield Check("detector", BAD, "detector", {"said": _words(answer)})


def _dumpcap() -> Iterator[Check]:
    system = _system()
    if found := find_program("dumpcap"):
        yield Check("dumpcap", GOOD, "", {"path": found})
    else:
        yield Check("dumpcap", SCARCE, f"dumpcap_{system}")
    if system == "windows":
        npcap = find_npcap()
        yield Check("npcap", GOOD if npcap else SCARCE, "" if npcap else "npcap", {"path": str(npcap or "")})
    if tshark := find_program("tshark"):
        yield Check("tshark", GOOD, "", {"path": tshark})
    else:
        yield Check("tshark", SCARCE, f"tshark_{system}")


def _rights() -> Iterator[Check]:
    from netaudit.capture.adapters import adapters

    found = [adapter for adapter in adapters() if not adapter.loopback]
    allowed = [adapter.name for adapter in found if adapter.allowed]
    facts: dict[str, Any] = {"interfaces": allowed}
    if found and not allowed:
        facts["said"] = f"{found[0].name}: {found[0].problem}"[:300]
    yield Check("rights", GOOD if allowed else SCARCE, "" if allowed else f"rights_{_system()}", facts)


def _fonts() -> Iterator[Check]:
    system = _system()
    there: bool | None = True  # macOS always has PingFang
    if system == "windows":
        folder = Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"
        there = any((folder / name).is_file() for name in CHINESE_ON_WINDOWS)
    elif system == "linux":
        fc_list = shutil.which("fc-list")
        there = bool(_output([fc_list, ":lang=zh", "family"])) if fc_list else None
    state = GOOD if there else SCARCE
    yield Check("fonts", state, "" if there else f"fonts_{system}", {} if there is not None else {"said": "fc-list: ?"})


def _disk() -> Iterator[Check]:
    for name, place in (("disk", Path.cwd()), ("cache", user_cache())):
        standing = next(folder for folder in (place, *place.parents) if folder.is_dir())
        free = shutil.disk_usage(standing).free
        yield Check(name, GOOD if free >= LEAST_FREE else SCARCE, "" if free >= LEAST_FREE else "disk", {
            "path": str(place), "free": f"{free // 1_000_000:,} MB",
        })  # fmt: skip


EXTRAS = {  # by their names, the module that each needs
    "browse": "starlette", "sql": "duckdb", "frames": "pandas", "documents": "docx", "stamps": "rfc3161_client",
    "dpkt": "dpkt", "video": "av", "http3": "pylsqpack", "campaign": "duckdb",
}  # fmt: skip


def _zones() -> Iterator[Check]:
    """Whether times can be written, in UTC and in China: pyarrow and Python each look for their own list of zones."""
    import datetime
    import zoneinfo

    import pyarrow as pa

    from netaudit.core.storage.arrow_rows import plain

    (row,) = plain(pa.table({"when": pa.array([0], pa.timestamp("ns", "UTC"))}))
    noon = datetime.datetime(2026, 1, 1, 4, tzinfo=datetime.UTC)
    there = noon.astimezone(zoneinfo.ZoneInfo("Asia/Shanghai")).hour
    fit = row["when"] == "1970-01-01T00:00:00.000000000Z" and there == 12
    here = datetime.datetime.now(datetime.UTC).astimezone().isoformat()[-6:]
    yield Check("zones", GOOD if fit else BAD, "" if fit else "told", {"here": f"UTC{here}"})


def _extras() -> Iterator[Check]:
    """What is optional, and not there."""
    import importlib.util

    missing = [name for name, module in EXTRAS.items() if importlib.util.find_spec(module) is None]
    facts = {"missing": ", ".join(missing)} if missing else {"there": ", ".join(EXTRAS)}
    yield Check("extras", SCARCE if missing else GOOD, "extras" if missing else "", facts)


def _release() -> Iterator[Check]:
    """Whether the installed files are those of the release; nothing is to be done where there is no list of them."""
    from netaudit.core.system.release import release

    found = release()
    if found is None:
        yield Check("release", GOOD, "", {"said": "not installed from a wheel: no list of files to compare with"})
        return
    wrong = [*found.changed, *found.missing, *found.added]
    facts: dict[str, Any] = {"files": f"{found.files:,} files", "digest": f"sha256 {found.digest}"}
    if wrong:
        facts["wrong"] = ", ".join(wrong[:5]) + (" …" if len(wrong) > 5 else "")
    yield Check("release", SCARCE if wrong else GOOD, "release" if wrong else "", facts)


CHECKS: dict[str, Callable[[], Iterator[Check]]] = {
    "python": _python, "release": _release, "kernels": _kernels, "helper": _judging, "dumpcap": _dumpcap,
    "rights": _rights, "zones": _zones, "extras": _extras, "fonts": _fonts, "disk": _disk,
}  # fmt: skip


def _system() -> str:
    return {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")


def _output(words: list[str]) -> str:
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=False)  # noqa: S603
    return done.stdout.strip()


def _ask_helper(faces: str) -> dict[str, Any]:
    """What the judging helper answers about a grey picture: its last line as an object, or what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "grey.png"
        picture.write_bytes(grey_png(160))
        task = {"sha256": "0" * 64, "path": str(picture), "kind": "png", "rotate": False, "count": False}
        flags = 0x0800_0000 if sys.platform == "win32" else 0  # CREATE_NO_WINDOW
        words = programs.helper("netaudit.images.helper", "1", faces, "0")
        quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        try:
            process = subprocess.Popen(words, creationflags=flags, **quiet)  # type: ignore[call-overload] # noqa: S603
        except OSError as error:
            return {"fatal": why(error)}
        return _answered(process, orjson.dumps(task) + b"\n")


def _answered(process: subprocess.Popen[bytes], task: bytes) -> dict[str, Any]:
    """The helper's answer to one task. It ends when its input does, so its input stays open until then."""
    import threading

    assert process.stdin is not None
    assert process.stdout is not None
    late = threading.Timer(PATIENCE, process.kill)
    late.start()
    last: dict[str, Any] = {}
    try:
        process.stdin.write(task)
        process.stdin.flush()
        for line in process.stdout:
            last = orjson.loads(line)
            if "done" in last or "fatal" in last:
                break
    except (OSError, orjson.JSONDecodeError) as error:
        last = {"fatal": str(error)}
    finally:
        late.cancel()
        process.kill()
        process.stdin.close()
        process.stdout.close()
        process.wait()
    return last


def _words(answer: dict[str, Any]) -> str:
    return str(answer.get("fatal", "it ends without a word, or does not answer"))[:300]


def grey_png(side: int) -> bytes:
    """A grey square (PNG, W3C Recommendation 2003)."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress((b"\0" + b"\x80" * side) * side))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")

"""The plan of a campaign: a table of sites in plan.csv, written by people or made from a folder of captures.

Columns: site, captures, inside, zone, keys, moments, officer, district; keys_for and authority where keys are given.
Several captures, networks or keys are separated by ";". Paths are relative to the plan.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import unicodedata
import urllib.parse
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from netaudit.core.storage.files import read_given, write_whole
from netaudit.core.system.desktop_files import APPLE_DOUBLE, BESIDE, is_beside_another
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PLAN = "plan.csv"
ENDINGS = (".pcap", ".pcapng", ".cap")
PACKED = (".gz", ".zst", ".xz", ".lz4")
LARGEST = 32 << 20  # bytes of a plan
LONGEST = 60  # characters of a site's name
LONGEST_FOLDER = 200  # bytes of its folder: file systems take 255
MOST_SITES = 100_000
_FREE = re.compile(r"[^\w-]")
_LIST = ("captures", "inside", "keys", "keys_for")


@dataclass(frozen=True, slots=True)
class Site:
    """One row of a plan. Paths are absolute."""

    site: str
    captures: tuple[str, ...]
    inside: tuple[str, ...] = ()
    zone: str = ""  # of noted moments that do not say theirs
    keys: tuple[str, ...] = ()
    moments: str = ""
    officer: str = ""
    district: str = ""
    keys_for: tuple[str, ...] = ()
    authority: str = ""

    @property
    def folder(self) -> str:
        """Name of its folder, which DuckDB reads the site from (hive style, percent-encoded)."""
        return "site=" + _FREE.sub(lambda found: urllib.parse.quote(found[0], safe="").replace(".", "%2E"), self.site)


COLUMNS = tuple(field.name for field in fields(Site))


def read_plan(path: Path) -> list[Site]:
    """Sites of a plan, sorted by name. Raises UsageError with the line that is wrong."""
    if path.is_dir():
        path /= PLAN
    try:
        text = read_given(path, LARGEST).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("{}: cannot be read as a plan in UTF-8: {}", path, error) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    sites: dict[str, Site] = {}
    try:
        unknown = set(reader.fieldnames or ()) - set(COLUMNS)
        if unknown or not {"site", "captures"} <= set(reader.fieldnames or ()):
            raise UsageError("{}: line 1: expected columns site and captures, and of {}", path, ", ".join(COLUMNS))
        for row in reader:
            site = _site(row, f"{path}: line {reader.line_num}", path.absolute().parent)
            key = unicodedata.normalize("NFC", site.site).casefold()  # some disks take such names for one
            if key in sites:
                raise UsageError("{}: line {}: {} stands there twice", path, reader.line_num, site.site)
            sites[key] = site
    except csv.Error as error:
        raise UsageError("{}: line {}: {}", path, reader.line_num, error) from error
    if not 0 < len(sites) <= MOST_SITES:
        raise UsageError("{}: has {} sites; 1 to {} are possible", path, len(sites), MOST_SITES)
    return sorted(sites.values(), key=lambda site: site.site)


def _site(row: dict[str | None, str | list[str] | None], place: str, root: Path) -> Site:
    if None in row:
        raise UsageError("{}: has more cells than there are columns", place)
    cells = {str(name): str(value or "").strip() for name, value in row.items()}
    lists = {name: tuple(one.strip() for one in cells.get(name, "").split(";") if one.strip()) for name in _LIST}
    name = unicodedata.normalize("NFC", cells["site"])
    if not name or len(name) > LONGEST or not name.isprintable():
        raise UsageError("{}: a site's name has 1 to {} printable characters", place, LONGEST)
    if not lists["captures"]:
        raise UsageError("{}: {} has no captures", place, name)
    if bool(lists["keys"] or lists["keys_for"]) and not (lists["keys_for"] and cells.get("authority")):
        raise UsageError("{}: keys need keys_for (what may be opened) and authority (by what right)", place)
    site = Site(
        name,
        tuple(str(root / one) for one in lists["captures"]),
        lists["inside"],
        cells.get("zone", ""),
        tuple(str(root / one) for one in lists["keys"]),
        str(root / cells["moments"]) if cells.get("moments") else "",
        cells.get("officer", ""),
        cells.get("district", ""),
        lists["keys_for"],
        cells.get("authority", ""),
    )
    if len(site.folder.encode()) > LONGEST_FOLDER:
        raise UsageError("{}: the name of {} is too long for a folder", place, name)
    return site


def make_plan(folder: Path) -> list[Site]:
    """A site for each subfolder of `folder` with captures, and for each capture that lies in it directly."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and any(is_capture(one) for one in path.rglob("*")):
            found.append(Site(path.name[:LONGEST], (path.name,)))
        elif is_capture(path):
            found.append(Site(path.name.split(".")[0][:LONGEST], (path.name,)))
    if not found:
        raise UsageError("{}: no captures in it, and none in its folders", folder)
    return found


def left_out(folder: Path, sites: Iterable[Site]) -> list[str]:
    """Names of the subfolders that gave no site: somebody may wait for their audit."""
    planned = {one for site in sites for one in site.captures}
    return [path.name for path in sorted(folder.iterdir()) if path.is_dir() and path.name not in planned]


def is_capture(path: Path) -> bool:
    """Whether a file's name is that of a capture, and it is not what macOS keeps beside one."""
    name = path.name.lower()
    for ending in PACKED:
        name = name.removesuffix(ending)
    return name.endswith(ENDINGS) and path.is_file() and not _is_beside_another(path)


def _is_beside_another(path: Path) -> bool:
    if not path.name.startswith(BESIDE):
        return False
    try:
        with path.open("rb") as file:
            return is_beside_another(path.name, file.read(len(APPLE_DOUBLE)))
    except OSError:
        return False


def write_plan(path: Path, sites: Iterable[Site]) -> None:
    """Write a plan; paths are relative to it where they can be, so that they say less of a machine."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    root = path.absolute().parent
    for site in sites:
        values = asdict(site)
        for name in ("captures", "keys"):
            values[name] = [_relative(one, root) for one in values[name]]
        values["moments"] = _relative(site.moments, root)
        writer.writerow([";".join(values[name]) if name in _LIST else values[name] for name in COLUMNS])
    write_whole(path, out.getvalue().encode())


def _relative(path: str, root: Path) -> str:
    """A path relative to `root`, unless they share nothing but the root of the disk."""
    if not Path(path).is_absolute():
        return path
    try:
        shared = os.path.commonpath((path, root))
    except ValueError:  # other drives
        return path
    return path if shared == Path(path).anchor else Path(os.path.relpath(path, root)).as_posix()


def task_digest(site: Site, options: dict[str, object]) -> str:
    """What an audit's result follows from: the row, sizes of the files it names, options that change the result.

    Hashing captures of 100 GB to find out that nothing is to be done would take as long as reading them.
    """
    row = asdict(site) | {"district": "", "officer": ""}  # said of a site, not asked of its captures
    sizes = sizes_of(site)
    extra = [hashlib.sha256(Path(one).read_bytes()).hexdigest() for one in (*site.keys, site.moments) if one]
    for name in ("captures", "keys"):
        row[name] = [Path(one).name for one in row[name]]
    row["moments"] = Path(site.moments).name
    contents = orjson.dumps([row, sizes, extra, options], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(contents).hexdigest()


def sizes_of(site: Site) -> list[tuple[str, int]]:
    """Names of the files of a site's captures, and their bytes. Raises OSError for what is not there."""
    found: list[tuple[str, int]] = []
    for one in site.captures:
        found += [(path.name, path.stat().st_size) for path in _files(Path(one))]
    return found


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(one for one in path.rglob("*") if one.is_file())
    else:
        yield path

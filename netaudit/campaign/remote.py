"""Captures and campaigns in object stores, by their addresses (fsspec): s3://bucket/… and whatever else it knows.

An object store knows no locks and no renames, but puts an object whole or not at all. So a case goes there under a name
of its own, and one object, done.json, then says which name counts: whoever writes it last, its case is one case.

URL/plan.csv  URL/failed/site=NAME.json  URL/cases/site=NAME/{done.json, case-…/}

Where a campaign is read from (status, report, questions), what may be passed on is fetched once and kept; `private/`
stays in the store. Credentials and endpoints are fsspec's (environment or its files); netaudit has none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.errors import NetauditError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.campaign.plan import Site

CASES, FAILED, DONE, PLAN = "cases", "failed", "done.json", "plan.csv"
PRIVATE = "private"


class StoreError(NetauditError):
    """An object store did not give or take what it should."""


def is_url(place: str) -> bool:
    """Whether a place is the address of a store rather than a path."""
    return "://" in place


def scratch_of(url: str) -> Path:
    """Where this machine writes what is on its way to a store, and keeps what was fetched from it: under TMPDIR.

    Raises UsageError where another user has made that folder.
    """
    name = hashlib.sha256(url.rstrip("/").encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"netaudit-campaign-{name}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or (hasattr(os, "getuid") and folder.stat().st_uid != os.getuid()):
        raise UsageError("{}: belongs to somebody else; set TMPDIR to a folder of yours", folder)
    return folder


def sizes(url: str) -> list[tuple[str, int]]:
    """Names and bytes of the captures at an address: one object, or all below it. Raises StoreError."""
    store, path = _store(url)
    with _said(url):
        found = store.find(path, detail=True)
    if not found:
        raise StoreError("{}: there is nothing", url)
    return sorted((posixpath.basename(name), int(info["size"])) for name, info in found.items())


def fetch(url: str, folder: Path) -> Path:
    """Copy the captures at an address into a folder that is new; gives the file, or the folder with all of them."""
    store, path = _store(url)
    folder.mkdir(parents=True)
    with _said(url):
        for name, info in store.find(path, detail=True).items():
            inner = posixpath.relpath(name, path) if name != path else posixpath.basename(name)
            goal = folder.joinpath(*inner.split("/"))
            if ".." in goal.parts:
                raise StoreError("{}: an object's name leads elsewhere", url)
            goal.parent.mkdir(parents=True, exist_ok=True)
            store.get_file(name, str(goal))
            if goal.stat().st_size != int(info["size"]):
                raise StoreError("{}: {} came with {} of {} bytes", url, inner, goal.stat().st_size, info["size"])
    whole = folder / posixpath.basename(path)
    return whole if whole.is_file() else folder


def done_there(url: str, site: Site) -> dict[str, Any] | None:
    """What done.json of a site says in the store, where the case that it names is that one."""
    store, root = _store(url)
    place = f"{root}/{CASES}/{site.folder}"
    try:
        record = orjson.loads(store.cat_file(f"{place}/{DONE}"))
        seal = hashlib.sha256(store.cat_file(f"{place}/{record['case']}/manifest.json")).hexdigest()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if record.get("manifest") == seal else None


def put_case(url: str, site: Site, folder: Path) -> None:
    """Put what lies in a site's folder (case/ and done.json) into the store; the names of older cases go."""
    store, root = _store(url)
    place, name = f"{root}/{CASES}/{site.folder}", f"case-{secrets.token_hex(8)}"
    with _said(url):
        files = {path.relative_to(folder / "case").as_posix(): path for path in _files(folder / "case")}
        for inner, path in files.items():
            store.put_file(str(path), f"{place}/{name}/{inner}")
        store.invalidate_cache()
        there = {posixpath.relpath(one, f"{place}/{name}") for one in store.find(f"{place}/{name}")}
        if there != set(files):
            raise StoreError("{}: {} files of {} did not arrive", url, len(set(files) - there), site.site)
        record = orjson.loads((folder / DONE).read_bytes()) | {"case": name}
        store.pipe_file(f"{place}/{DONE}", orjson.dumps(record))
        for path in store.ls(place, detail=False):
            if posixpath.basename(path.rstrip("/")) not in (name, DONE):
                store.rm(path, recursive=True)
        if store.exists(failed := f"{root}/{FAILED}/{site.folder}.json"):
            store.rm_file(failed)


def put_file(url: str, name: str, data: bytes) -> None:
    """Put a small file of the campaign itself."""
    store, root = _store(url)
    with _said(url):
        store.pipe_file(f"{root}/{name}", data)


def mirrored(url: str) -> Path:
    """A folder here with the campaign of a store, as far as it may be passed on; what did not change stays."""
    store, root = _store(url)
    folder = scratch_of(url) / "read"
    with _said(url):
        store.invalidate_cache()
        if not store.exists(f"{root}/{PLAN}"):
            raise UsageError("{}: is no campaign (no {} in it)", url, PLAN)
        (folder / CASES).mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(folder / FAILED, ignore_errors=True)
        (folder / FAILED).mkdir()
        store.get_file(f"{root}/{PLAN}", str(folder / PLAN))
        for path in store.ls(f"{root}/{FAILED}", detail=False) if store.exists(f"{root}/{FAILED}") else ():
            store.get_file(path, str(folder / FAILED / posixpath.basename(path)))
        for done in store.glob(f"{root}/{CASES}/*/{DONE}"):
            _mirror_case(store, posixpath.dirname(done), folder / CASES / posixpath.basename(posixpath.dirname(done)))
    return folder


def _mirror_case(store: Any, place: str, goal: Path) -> None:
    record = store.cat_file(f"{place}/{DONE}")
    if goal.is_dir() and (goal / DONE).read_bytes() == record:
        return
    shutil.rmtree(goal, ignore_errors=True)
    coming = goal.with_name(f"{goal.name}.{secrets.token_hex(4)}")
    case = f"{place}/{orjson.loads(record)['case']}"
    for path in store.find(case):
        inner = posixpath.relpath(path, case).split("/")
        if inner[0] == PRIVATE or ".." in inner:
            continue
        target = coming.joinpath("case", *inner)
        target.parent.mkdir(parents=True, exist_ok=True)
        store.get_file(path, str(target))
    (coming / DONE).write_bytes(record)
    coming.rename(goal)


def _store(url: str) -> tuple[Any, str]:
    from importlib import import_module

    try:
        fsspec = import_module("fsspec")  # it has no types
    except ImportError as error:
        raise UsageError("addresses of stores need fsspec: python -m pip install s3fs") from error
    try:
        store, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UsageError("{}: {}", url, error) from error
    return store, path.rstrip("/")


@contextlib.contextmanager
def _said(url: str) -> Iterator[None]:
    """What goes wrong with a store, as an error of ours."""
    try:
        yield
    except OSError as error:
        raise StoreError("{}: {}: {}", url, type(error).__name__, error) from error


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock")

"""`netaudit verify --by netaudit`: the same captures audited again with the options of then, and tables compared."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.cli.chinese import message
from netaudit.cli.texts import say
from netaudit.core.schema import TABLES, TABLES_VERSION
from netaudit.core.schema.renamed import WORDED, renamed_since
from netaudit.core.storage.arrow_rows import integer_times
from netaudit.errors import UsageError
from netaudit.evidence.case.extract import locate
from netaudit.report.exports.csv_tables import worded
from netaudit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from netaudit.core.schema import Table
    from netaudit.evidence.case.reading import Case
    from netaudit.pipeline.options import Options

KEYED = ("_hmac", "_hmacs")  # ends of names of columns that follow the key of a case
KEYED_TOO = {"parts": {"upload", "links"}}
NAMED = {"captures": {"name"}}  # as they were given, which may be elsewhere now


def print_repeated(compared: dict[str, Any], lang: str) -> None:
    """Say what is the same and what is not."""
    print(say("repeat_same", lang, n=len(compared["same"])))
    for key in ("differing", "circumstances", "not_compared", "added"):
        if compared[key]:
            print(say(f"repeat_{key}", lang))
            print("".join(f"    {message(line, lang)}\n" for line in compared[key]), end="")
    if compared["renamed"] or compared["worded"]:
        print(say("repeat_renamed", lang))
    for one in compared["renamed"]:
        place = f"{one['place']}: " if one["place"] else ""
        new = one["new"] or say("repeat_gone", lang)
        print(f"    {place}{one['old']} → {new}{say('repeat_partly', lang) if one['partly'] else ''}")
    for name in compared["worded"]:
        print(f"    {say('repeat_worded', lang, name=name)}")


def repeat(case: Case, captures: list[Path], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Names of tables that are the same, and what differs. Raises UsageError for what cannot be repeated so."""
    from netaudit.pipeline.task import run

    signatures, project_key = (
        Path(settings[name]) if name in settings else None for name in ("signatures", "project_key")
    )
    tls_keys = [Path(one) for one in settings.get("tls_keys", ())]

    ids = case.table("captures", ["capture_id"])["capture_id"].to_pylist()
    places = locate(case, captures)
    if missing := sorted(set(ids) - places.keys()):
        raise UsageError("capture {}: is not where it was audited; say where it is with --captures", missing[0])
    options = _options(case, signatures, project_key, tls_keys)
    with tempfile.TemporaryDirectory(prefix="netaudit-repeat-") as place:
        paths = [places[one] for one in dict.fromkeys(ids)]
        again = run(paths, Path(place) / "case", options, lambda *_: None)
        compared = _compared(case, again, keyed=project_key is not None)
    if compared["differing"] and not tls_keys and (case.manifest.get("options") or {}).get("keys_for"):
        compared["circumstances"].append(
            "connections were opened with keys; without the setting tls_keys only those in the captures"
        )
    return compared


def _options(case: Case, signatures: Path | None, project_key: Path | None, tls_keys: Sequence[Path]) -> Options:
    """The options of then. What was opened is opened by the authority noted then, moments are those of the case."""
    from netaudit.evidence.case.moments import Notes, stored
    from netaudit.pipeline.keys import request
    from netaudit.pipeline.options import Options
    from netaudit.pipeline.project_key import read_project_key

    chosen, keys = (case.manifest.get(name) or {} for name in ("options", "keys"))
    marked = stored(case.folder)
    return Options(
        site=chosen.get("site"),
        inside=tuple(chosen.get("inside") or ()),
        since=_time(chosen.get("since")),
        until=_time(chosen.get("until")),
        zone=chosen.get("zone"),
        faces=bool(chosen.get("faces", True)),
        count_faces=bool(chosen.get("count_faces")),
        keep_all=bool(chosen.get("keep_all")),
        sm3=any(case.table("captures", ["sm3"])["sm3"].to_pylist()),
        moment_window_s=chosen.get("moment_window_s") or 180,
        moments=Notes("moments.jsonl", "", tuple(marked)) if marked else None,
        signatures=signatures,
        project_key=read_project_key(project_key) if project_key is not None else None,
        keys=request(tls_keys, chosen.get("keys_for") or (), keys.get("authority")),
    )


def _time(value: int | str | None) -> int | None:
    from netaudit.core.text.time_zones import nanoseconds

    return nanoseconds(datetime.datetime.fromisoformat(value)) if isinstance(value, str) else value


def _compared(case: Case, again: Case, *, keyed: bool) -> dict[str, Any]:
    version = case.manifest.get("tables_version") or TABLES_VERSION
    compared: dict[str, Any] = {
        "same": [],
        "differing": [],
        "circumstances": _circumstances(case, again),
        "not_compared": [],
        "added": [],
        "renamed": [one._asdict() for one in renamed_since(version)],
        "worded": [],
    }
    for table in TABLES:
        held = _held(case, table) if version < TABLES_VERSION else table.names
        if added := [name for name in table.names if name not in held]:
            compared["added"].append(f"{table.name}: {', '.join(added)}" if held else table.name)
        if not held:
            continue
        ours, theirs = (rows.select(held) for rows in (case.table(table.name), again.table(table.name)))
        if version < WORDED:
            compared["worded"] += [f"{table.name}.{one.name}" for one in table.columns if one.reasons]
            ours, theirs = (worded(table.name, rows, "en") for rows in (ours, theirs))
        left = [name for name in ours.column_names if _is_keyed(table.name, name)] if not keyed else []
        if left:
            compared["not_compared"].append(f"{table.name}: {', '.join(left)}")
        left += sorted(NAMED.get(table.name, ()))
        found = _difference(ours.drop_columns(left), theirs.drop_columns(left))
        if found:
            compared["differing"].append(f"{table.name}: {found}")
        else:
            compared["same"].append(table.name)
    return compared


def _held(case: Case, table: Table) -> tuple[str, ...]:
    """Columns of today that a table of a case was written with; none where the case has no such table."""
    import pyarrow.parquet as pq

    path = case.folder / "tables" / f"{table.name}.parquet"
    names = pq.read_schema(path).names if path.is_file() else ()
    return tuple(name for name in table.names if name in names)


def _is_keyed(table: str, name: str) -> bool:
    return name.endswith(KEYED) or name in KEYED_TOO.get(table, ())


def _difference(ours: pa.Table, theirs: pa.Table) -> str:
    """What is not the same, empty for nothing. Rows are compared as a bag: keyed columns may have ordered them."""
    if ours.num_rows != theirs.num_rows:
        return f"{ours.num_rows:,} rows, now {theirs.num_rows:,}"
    if ours.equals(theirs):
        return ""
    before, now = (sorted(map(repr, integer_times(table).to_pylist())) for table in (ours, theirs))
    other = sum(one != two for one, two in zip(before, now, strict=True))
    if not other:
        return ""
    columns = [name for name in ours.column_names if not ours[name].equals(theirs[name])]
    return f"{other:,} of {len(before):,} rows ({', '.join(columns[:8])})"


def _circumstances(case: Case, again: Case) -> list[str]:
    """What may explain a difference: another version, other signatures."""
    pairs = [
        ("netaudit", case.manifest.get("netaudit_version"), __version__),
        ("tables", case.manifest.get("tables_version"), again.manifest.get("tables_version")),
        *(
            (f"signatures {key}", *((one.manifest.get("signatures") or {}).get(key) for one in (case, again)))
            for key in ("version", "sha256")
        ),
    ]
    return [f"{name}: {before}, now {now}" for name, before, now in pairs if before != now]

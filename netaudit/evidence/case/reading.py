"""A case on disk, and as lazy tables for people."""

from __future__ import annotations

import functools
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.core.schema import BY_NAME, TABLES_VERSION
from netaudit.core.system.reasons import why
from netaudit.errors import CaseError, ReasonedError, UnknownNameError, nearest
from netaudit.evidence.case.frames import frame_of, need_pandas
from netaudit.evidence.case.writing import no_case

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa
    from PIL.Image import Image

    from netaudit.evidence.case.decisions import Decision
    from netaudit.evidence.case.pictures import Pictures
    from netaudit.evidence.case.seal import Seal
    from netaudit.findings.summary import Summary

HASH = 64  # digits of a SHA-256
SMALL, MOST_KEPT = 1 << 16, 1 << 20  # bytes: of the file of a table that is read whole, and of one that is kept then
PRIVATE_RUN = "private/run.json"  # of the facts of a run, those that name people and machines
UNMASKED = "private/unmasked.jsonl"
UNFINISHED = (
    {"en": "the audit did not come to its end", "zh": "审计未完成"},
    {"en": "the audit is still running", "zh": "审计仍在进行"},
)


class Case:
    """A folder of tables, objects and a manifest.

    Tables are attributes (`case.findings`, `case.images` …) and come as pandas DataFrames; `table(name)` gives the same
    as an Arrow table without loading pandas.
    """

    if TYPE_CHECKING:  # so that editors and type checkers know them; tests hold them against `TABLES`
        captures: pd.DataFrame
        skipped: pd.DataFrame
        flows: pd.DataFrame
        sightings: pd.DataFrame
        vantages: pd.DataFrame
        messages: pd.DataFrame
        objects: pd.DataFrame
        evidence: pd.DataFrame
        parts: pd.DataFrame
        images: pd.DataFrame
        endpoints: pd.DataFrame
        findings: pd.DataFrame
        observations: pd.DataFrame
        devices: pd.DataFrame
        bindings: pd.DataFrame
        claims: pd.DataFrame
        persons: pd.DataFrame
        tls_hellos: pd.DataFrame
        media: pd.DataFrame
        events: pd.DataFrame
        fields: pd.DataFrame
        journeys: pd.DataFrame
        moments: pd.DataFrame
        after_moments: pd.DataFrame
        encrypted_uploads: pd.DataFrame
        relayed_images: pd.DataFrame
        relay_tests: pd.DataFrame
        upload_counts: pd.DataFrame
        moment_tests: pd.DataFrame
        ledgers: pd.DataFrame

    def __init__(self, folder: str | os.PathLike[str], *, check: bool = True) -> None:
        self.folder = folder = Path(folder)
        self.mapped: frozenset[str] = frozenset()  # tables that lie so, beside their files, while an audit ends
        self.held: dict[str, pa.Table] = {}  # others, as they were just written
        self._check = check
        self._seen: dict[str, tuple[int, int]] = {}  # files that were found sound: size and time of change
        self._small: dict[str, tuple[tuple[int, int], pa.Table]] = {}  # tables that were read, and of which file
        try:
            content = (folder / "case.json").read_bytes()
            self.manifest: dict[str, Any] = orjson.loads(content)
        except (FileNotFoundError, NotADirectoryError):
            raise no_case(folder) from None
        except (OSError, ValueError) as error:
            raise CaseError("{}: cannot be read: {}", folder / "case.json", error) from error
        version = self.manifest.get("tables_version") if isinstance(self.manifest, dict) else None
        if not isinstance(version, int) or version > TABLES_VERSION:
            raise CaseError(
                "{}: written by a later netaudit (tables version {}); this one reads up to {}",
                folder,
                version,
                TABLES_VERSION,
            )
        if self._check and self.seal.state == "broken":
            raise CaseError(
                "{}: its seal is broken: {} (netaudit verify tells all)", folder, ReasonedError(self.seal.problem)
            )
        self.sound("case.json")

    @functools.cached_property
    def seal(self) -> Seal:
        """What the case was sealed with, and how it stands (`seal.state`)."""
        from netaudit.evidence.case.seal import read_seal

        try:
            return read_seal(self.folder, self.manifest)
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            raise CaseError("{}: the seal of the case cannot be read: {}", self.folder, error) from error

    def sound(self, name: str) -> None:
        """Raise CaseError when a file of a sealed case is gone or not as it was sealed. Its bytes are hashed once."""
        if not self._check or self.seal.state != "sealed":
            return
        if (fact := self.seal.files.get(name)) is None:
            if (self.folder / name).exists():
                raise CaseError("{}: was added after the case was sealed", self.folder / name)
            return
        from netaudit.evidence.case.seal import hashed

        try:
            status = (self.folder / name).stat()
            stamp = (status.st_size, status.st_mtime_ns)
            if self._seen.get(name) == stamp:
                return
            if status.st_size != fact.bytes or hashed(self.folder / name) != fact:
                raise CaseError("{}: was changed after the case was sealed", self.folder / name)
        except FileNotFoundError:
            raise CaseError("{}: is missing, though the case was sealed with it", self.folder / name) from None
        except OSError as error:
            raise CaseError("{}: cannot be read: {}", self.folder / name, why(error)) from error
        self._seen[name] = stamp

    def look_over(self) -> None:
        """Raise CaseError where a file but those of objects is gone or of another size than sealed. Nothing is read."""
        for name, fact in self.seal.files.items() if self._check else ():
            if name.startswith("private/objects/"):
                continue
            try:
                size = (self.folder / name).stat().st_size
            except OSError:
                raise CaseError("{}: is missing, though the case was sealed with it", self.folder / name) from None
            if size != fact.bytes:
                raise CaseError("{}: was changed after the case was sealed", self.folder / name)

    def __repr__(self) -> str:
        return f"<Case {self.folder}: {self.headline('en')}>"

    @functools.cached_property
    def summary(self) -> Summary:
        """What the case shows, as data: state, transfers, limits, next steps (`findings/summary`)."""
        from netaudit.findings.summary import summarise

        return summarise(self)

    @functools.cached_property
    def zone(self) -> str:
        """The zone that times are shown in: as asked for, else the offset that the devices state; empty for UTC."""
        return self.summary.period.zone

    def headline(self, lang: str = "en") -> str:
        """Return the state of the case with its numbers, in one line."""
        from netaudit.findings.summary import Sentences

        if "totals" not in self.manifest:  # nothing was counted
            return UNFINISHED[self.seal.state == "writing"][lang]
        return Sentences(self.summary, lang).headline()

    @property
    def partial(self) -> bool:
        """Whether the audit was cut off."""
        return bool(self.manifest.get("partial", True))

    @functools.cached_property
    def run(self) -> dict[str, Any]:
        """When and how the audit was run (run.json, and what of it is private)."""
        found: dict[str, Any] = {}
        for name in ("run.json", PRIVATE_RUN):
            self.sound(name)
            path = self.folder / name
            found |= orjson.loads(path.read_bytes()) if path.is_file() else {}
        if isinstance(paths := found.get("paths"), list):
            found["paths"] = [restored(one) for one in paths]
        return found

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A table as Arrow, whole or some columns of it; a cut-off audit gives the batches that had been written."""
        import pyarrow as pa

        if name not in BY_NAME:
            raise UnknownNameError("no table {}; nearest: {}", repr(name), nearest(name, BY_NAME))
        wanted = BY_NAME[name].schema()
        if columns is not None:
            wanted = pa.schema([wanted.field(column) for column in columns])
        if name in self.held:
            return self.held[name].select(wanted.names)
        if name in self.mapped:
            from netaudit.tables.finalizing.sorting import settled

            return settled(self.folder, name).select(wanted.names)
        path = self.folder / "tables" / f"{name}.parquet"
        self.sound(f"tables/{name}.parquet")
        if not path.is_file():
            if name in self.manifest.get("totals", {}).get("rows", ()):
                raise CaseError("{}: is missing: the case is not as the audit left it, and nothing is said of it", path)
            from netaudit.core.storage.table_streams import read_streams

            return read_streams(self.folder, name).select(wanted.names)
        status = path.stat()
        if status.st_size > SMALL:
            return _read(path, wanted)
        stamp = status.st_size, status.st_mtime_ns
        before, whole = self._small.get(name, (None, None))
        if whole is None or before != stamp:
            whole = _read(path, BY_NAME[name].schema())
            if whole.nbytes <= MOST_KEPT:
                self._small[name] = stamp, whole
        return whole.select(wanted.names)

    def beginning(self, name: str, most: int) -> tuple[pa.Table, int]:
        """The first rows of a table, and how many it has: of one of any size no more is read."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.folder / "tables" / f"{name}.parquet"
        if name in self.held or name in self.mapped or not path.is_file():
            whole = self.table(name)
            return whole.slice(0, most), whole.num_rows
        self.sound(f"tables/{name}.parquet")
        wanted = BY_NAME[name].schema()
        with pq.ParquetFile(path) as file:
            columns = [column for column in wanted.names if column in file.schema_arrow.names]
            first = next(file.iter_batches(batch_size=most, columns=columns), None)
            read = file.schema_arrow.empty_table().select(columns) if first is None else pa.Table.from_batches([first])
            return _as_now(read, wanted), file.metadata.num_rows

    def frame(self, name: str) -> pd.DataFrame:
        """A table as a pandas DataFrame (optional extra `frames`)."""
        return frame_of(name, self.table(name))

    if not TYPE_CHECKING:  # type checkers know the tables below by name, and tell of any other

        def __getattr__(self, name: str) -> pd.DataFrame:
            """Every table of `tables.TABLES` as a DataFrame, by its name; read when first asked for."""
            if name not in BY_NAME:
                raise AttributeError(f"a case has no {name!r}; nearest: {nearest(name, dir(self))}")
            frame = self.__dict__[name] = self.frame(name)
            return frame

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *BY_NAME})

    def records(self) -> pd.DataFrame:
        """Records of persons: one row each, its fields by kind (masked), with the images it was sent with."""
        need_pandas()
        import pandas as pd

        from netaudit.events.identity.records import records

        rows = records(*(self.table(name) for name in ("persons", "objects", "messages", "images")))
        frame = pd.DataFrame(rows)
        if "first_ts" in frame:
            frame["first_ts"] = pd.to_datetime(frame["first_ts"], utc=True)
            frame = frame.sort_values(["first_ts", "message_id", "record"], ignore_index=True)
        return frame

    def clear_persons(self) -> pd.DataFrame:
        """Identity data in clear, by the keys of `persons`; reading it is logged in the case."""
        self.log_unmasking("private/persons.parquet")
        clear: pd.DataFrame = self.clear_table().to_pandas()
        return clear

    def clear_table(self) -> pa.Table:
        """The same as an Arrow table, for those who log the reading themselves; empty when private/ lacks it."""
        import pyarrow.parquet as pq

        from netaudit.core.schema import PERSONS_CLEAR

        self.sound("private/persons.parquet")
        path = self.folder / "private" / "persons.parquet"
        return pq.read_table(path) if path.is_file() else PERSONS_CLEAR.schema().empty_table()

    def clear_events(self) -> pd.DataFrame:
        """What events say in clear, by event_id and field; reading it is logged in the case."""
        import pyarrow.parquet as pq

        from netaudit.core.schema import EVENTS_CLEAR

        self.log_unmasking("private/events.parquet")
        self.sound("private/events.parquet")
        path = self.folder / "private" / "events.parquet"
        table = pq.read_table(path) if path.is_file() else EVENTS_CLEAR.schema().empty_table()
        clear: pd.DataFrame = table.to_pandas()
        return clear

    def words(self, reasons: str, lang: str = "en") -> str:  # noqa: ARG002 - who knows the words says them: `api.Case`
        """Reasons of a table (`core/contracts/reasons.py`) as they stand."""
        return reasons

    def object_path(self, sha256: str) -> Path | None:
        """Where the bytes of a stored object lie, None when they were not stored."""
        folder = self.folder / "private" / "objects" / sha256[:2]
        path = next(iter(sorted(folder.glob(f"{sha256}.*"))), None) if sha256.isalnum() and folder.is_dir() else None
        if path is None and self._check and sha256 in self._sealed_objects:
            raise CaseError("{}: is missing, though the case was sealed with it", folder / sha256)
        if path is not None:
            self.sound(path.relative_to(self.folder).as_posix())
        return path

    @functools.cached_property
    def _sealed_objects(self) -> frozenset[str]:
        return frozenset(
            name.rpartition("/")[2].partition(".")[0] for name in self.seal.files if name.startswith("private/objects/")
        )

    def image(self, sha256: str, *, unmask: bool = False) -> Image:
        """An image, with its faces pixelated unless `unmask` (which is logged in the case).

        `sha256` may be the beginning of a hash. Raises UnknownNameError (a KeyError) when the case does not hold it or
        several begin so, and OSError when it does not decode.
        """
        import PIL.Image

        sha256 = self._whole_hash(sha256)
        path = self.object_path(sha256)
        if path is None:
            raise UnknownNameError("{}: this case holds no such image", sha256)
        if unmask:
            self.log_unmasking(f"image {sha256}")
            return PIL.Image.open(path)
        if (masked := self.pictures.masked(sha256)) is None:
            raise OSError("the image does not decode")
        return PIL.Image.open(io.BytesIO(masked))

    def _whole_hash(self, beginning: str) -> str:
        """The hash of an image that begins so."""
        if len(beginning) == HASH:
            return beginning
        found = [one for one in self.table("images", ["sha256"])["sha256"].to_pylist() if one.startswith(beginning)]
        if len(found) != 1 or not beginning:
            raise UnknownNameError(
                "{}: {} images begin so; give more of the hash" if found else "{}: this case holds no such image",
                *([beginning, len(found)] if found else [beginning]),
            )
        return str(found[0])

    def thumbnail(self, sha256: str) -> bytes | None:
        """A small JPEG with faces pixelated, None when the image is missing or does not decode."""
        return self.pictures.thumbnail(sha256)

    def clear_picture(self, sha256: str, side: int) -> bytes | None:
        """A JPEG in clear of at most `side` pixels, for those who log the showing themselves; None as `thumbnail`."""
        return self.pictures.clear(sha256, side)

    @functools.cached_property
    def pictures(self) -> Pictures:
        """What makes its pictures, in helper processes."""
        from netaudit.evidence.case.pictures import Pictures

        return Pictures(self)

    def decided(self, lines: int | None = None) -> dict[str, Decision]:
        """What analysts decided about devices, by device id; with `lines`, when the chain had so many.

        Raises CaseError when that was tampered with.
        """
        from netaudit.evidence.case.decisions import latest

        return latest(self.folder, lines)

    def log_unmasking(self, what: str) -> None:
        """Note in the chain of the case, and in private/unmasked.jsonl, that clear personal data was shown."""
        import datetime

        from netaudit.core.storage.files import append_line
        from netaudit.evidence.case.lock import writing
        from netaudit.evidence.case.seal import later

        line = {"when": datetime.datetime.now(datetime.UTC).isoformat(), "what": what}
        with writing(self.folder, "unmask"):
            append_line(self.folder / UNMASKED, orjson.dumps(line), 0o600)
            later(self.folder, "unmasked", (UNMASKED,), shown=what)


def _read(path: Path, wanted: pa.Schema) -> pa.Table:
    """Columns of a stored table."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:  # a third of what `read_table` takes for a small one
        there = set(file.schema_arrow.names)
        read = file.read(columns=[column for column in wanted.names if column in there])
    return _as_now(read, wanted)


def _as_now(read: pa.Table, wanted: pa.Schema) -> pa.Table:
    """A table with the columns that it has now: a case of an earlier version lacks later ones."""
    import pyarrow as pa

    for field in wanted:
        if field.name not in read.schema.names:
            read = read.append_column(field, pa.nulls(read.num_rows, field.type))
    read = read.select(wanted.names)
    return read if read.schema.equals(wanted, check_metadata=True) else read.cast(wanted)


def storable(path: Path) -> str | dict[str, str]:
    """A path for JSON: as it is, or its bytes in hexadecimal digits where it is no Unicode text."""
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        return {"bytes": os.fsencode(path).hex()}
    return text


def restored(stored: object) -> str:
    """A path that `storable` gave."""
    if isinstance(stored, dict) and isinstance(stored.get("bytes"), str):
        return os.fsdecode(bytes.fromhex(stored["bytes"]))
    return str(stored)


def open_case(folder: str | os.PathLike[str], *, check: bool = True) -> Case:
    """Open a case folder, also one that an earlier version or an interrupted audit left.

    What is read of a sealed case is held against its seal, file by file as it is used; `check=False` looks at a case
    that was changed nevertheless. Raises CaseError when the folder is none, was written by a later version, or is not
    as it was sealed.
    """
    from netaudit.core.system.windows_names import ROOM, openable
    from netaudit.evidence.case.replacement import taken_up

    place = openable(Path(folder), ROOM)
    taken_up(place)
    return Case(place, check=check)

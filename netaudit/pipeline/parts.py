"""One audit on several machines: each reads the captures and takes some of the logical shards, one of them the rest.

Never is a capture cut by time: every part sees every packet in its order, and a connection, with all that its readers
remember, lies in one shard (`packets/layouts.py`). So the streams of the parts are those that the workers of one
machine write (`workers.py`), and the case that is made of them is the same to the byte. A part reads without hashing;
`read_head` hashes, observes what belongs to no connection, and keeps the books. What each part has read is compared.

PART/tables/*.arrows  private/…  told.json    and of the head: captures.arrows
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from netaudit.capture.from_files import open_captures
from netaudit.case.reading import storable
from netaudit.case.writing import make_folders
from netaudit.errors import NetauditError, UnreadableError
from netaudit.finalizing.outcome import Outcome
from netaudit.images.answers import PLACE
from netaudit.images.judging_ahead import Beside
from netaudit.packets.from_capture import Decoder
from netaudit.packets.layouts import SHARDS
from netaudit.pipeline.inputs import outcome_of
from netaudit.pipeline.keys import gather
from netaudit.pipeline.project_key import keep_project_key
from netaudit.pipeline.startup import calm
from netaudit.pipeline.worker import own_rows
from netaudit.pipeline.workers import Watch
from netaudit.storage.files import write_json
from netaudit.storage.table_streams import stream_parts
from netaudit.system.windows_names import real
from netaudit.tables import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from netaudit.capture.from_files import Captures
    from netaudit.images.judging_ahead import Fresh
    from netaudit.packets.from_capture import Decoded
    from netaudit.pipeline.task import Options

TOLD, CAPTURES = "told.json", "captures.arrows"
MOST = SHARDS  # parts beside the head
APART = ("captures", "skipped", "signatures", "early_answers")  # of an outcome: not in told.json as they are
OF_A_READING = ("size", "packets_read", "wire_bytes", "captured_bytes", "first_ts", "last_ts", "damage")


class PartsDifferError(NetauditError):
    """Two parts of an audit have not read the same bytes."""


def read_part(paths: Sequence[str | os.PathLike[str]], place: Path, options: Options, number: int, of: int) -> None:
    """Take the logical shards s with s % of == number, of all captures, into streams at `place`, a folder that is new.

    `options.project_key` is the key of the hashes, the same for all parts. Raises UnreadableError without a capture.
    """
    from netaudit.pipeline.finds import Telling
    from netaudit.pipeline.stages import Shard
    from netaudit.pipeline.storing import Keep

    _begin(place, options)
    opened = _opened(paths, hashed=False)
    keys = gather(options.keys, opened.sources)
    keep = Keep(everything=options.keep_all, seconds=bool(options.moments and options.moments.moments))
    given = keys.given if keys is not None else None
    decoder = Decoder(since=options.since, until=options.until)
    with calm(), _judging(place, options) as stored:
        shard = Shard(place, f"{number:03}", keep, signatures=options.signatures, given=given)
        shard.telling = Telling(stored) if stored is not None else None
        _read(opened, decoder, lambda decoded: shard.feed(decoded.buffer, own_rows(decoded.packets, number, of)))
        failures = shard.finish()
    write_json(place / TOLD, {"read": _reading(opened, decoder), "failures": failures})


def read_head(paths: Sequence[str | os.PathLike[str]], place: Path, options: Options) -> None:
    """Hash all captures, observe what belongs to no connection, and keep the books of an audit, at `place`."""
    _begin(place, options)
    opened = _opened(paths, hashed=True, sm3=options.sm3)
    keys = gather(options.keys, opened.sources)
    watch = Watch(place)
    decoder = Decoder(since=options.since, until=options.until)
    with calm():
        _read(opened, decoder, watch.feed)
        watch.finish()
    rejected = [*opened.rejected, *opened.ignored]
    outcome = outcome_of(opened.sources, rejected, decoder, [], options)
    outcome.keys = keys.facts if keys is not None else None
    with pa.OSFile(str(place / CAPTURES), "wb") as file, pa.ipc.new_stream(file, outcome.captures.schema) as stream:
        stream.write_table(outcome.captures)
    outcome_fields = {name: value for name, value in _plain(outcome).items() if name not in APART}
    skipped = [[capture, reason, count] for (capture, reason), count in outcome.skipped.items()]
    paths_read = [storable(real(source.path)) for source in opened.sources if source.path]
    write_json(
        place / TOLD,
        {"read": _reading(opened, decoder), "outcome": outcome_fields, "skipped": skipped, "paths": paths_read},
    )


def join(parts: Sequence[Path], place: Path, options: Options, beside: Beside | None) -> tuple[Outcome, list[Any]]:
    """Put the streams of all parts, the head first, into a case that was begun; gives its outcome and its paths.

    Raises PartsDifferError where the parts have not read the same: somebody changed a capture meanwhile, say.
    """
    heads = [orjson.loads((part / TOLD).read_bytes()) for part in parts]
    for part, head in zip(parts[1:], heads[1:], strict=True):
        if head["read"] != heads[0]["read"]:
            raise PartsDifferError("{}: has read other bytes than the others; were the captures changed?", part.name)
    keep_project_key(place, (parts[0] / "private" / "key").read_bytes())
    for number, part in enumerate(parts):
        _link_streams(part, place, number)
    with pa.memory_map(str(parts[0] / CAPTURES)) as source:
        captures = pa.ipc.open_stream(source).read_all()
    outcome = Outcome(
        captures=captures,
        skipped={(capture, reason): count for capture, reason, count in heads[0]["skipped"]},
        signatures=options.signatures,
        **heads[0]["outcome"],
    )
    outcome.options = outcome.options | {"project_key": _fingerprint(options)}
    outcome.early_answers = beside
    outcome.failures = sorted(failure for head in heads[1:] for failure in head["failures"])
    return outcome, heads[0]["paths"]


def _begin(place: Path, options: Options) -> None:
    make_folders(place)
    if options.project_key is not None:
        keep_project_key(place, options.project_key)


def _opened(paths: Sequence[str | os.PathLike[str]], *, hashed: bool, sm3: bool = False) -> Captures:
    opened = open_captures(paths, sm3=sm3, hashed=hashed)
    if not opened.sources:
        raise UnreadableError("nothing could be read: no capture was found")
    return opened


def _read(opened: Captures, decoder: Decoder, feed: Callable[[Decoded], None]) -> None:
    for window in opened.windows():
        feed(decoder.feed(window))
    decoder.finish()


def _reading(opened: Captures, decoder: Decoder) -> dict[str, Any]:
    """What every part must have read alike."""
    return {
        "sources": [[getattr(source, name) for name in OF_A_READING] for source in opened.sources],
        "decoded": sorted(decoder.decoded.items()),
        "skipped": sorted([capture, int(skip), count] for (capture, skip), count in decoder.skipped.items()),
    }


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {field.name: getattr(outcome, field.name) for field in fields(outcome)}


def _fingerprint(options: Options) -> str | None:
    from netaudit.pipeline.task import result_options

    fingerprint: str | None = result_options(options)["project_key"]
    return fingerprint


@contextlib.contextmanager
def _judging(place: Path, options: Options) -> Iterator[Callable[[Fresh], None] | None]:
    """What takes images to be judged while a part is read; all that was said lies in the part at the end."""
    if not options.faces:
        yield None
        return
    beside = Beside(place, count=options.count_faces)
    try:
        yield lambda fresh: beside.submit((fresh,))
        for _ in beside.finish():
            pass
        beside.known(())
    finally:
        beside.close()


def _link_streams(part: Path, place: Path, number: int) -> None:
    """Streams of rows are named by their part, those of answers are not, and images by what they are."""
    for path in stream_parts(part, ANSWERS.name, PLACE):
        _link(path, place / PLACE / f"{ANSWERS.name}.part{number:03}.arrows")
    for folder, pattern in (("tables", "*.arrows"), ("private", "*.arrows"), ("private", "keys.*.part")):
        for path in (part / folder).glob(pattern):
            _link(path, place / folder / path.name)
    for path in (part / "private" / "objects").glob("*/*"):
        goal = place / "private" / "objects" / path.parent.name / path.name
        if not goal.exists():
            goal.parent.mkdir(exist_ok=True)
            _link(path, goal)


def _link(path: Path, goal: Path) -> None:
    """The same file once more: a case that is not finished leaves the part as it is; else a copy."""
    try:
        goal.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, goal)
        goal.chmod(path.stat().st_mode & 0o777)

"""A second opinion: the objects of findings looked for in what Wireshark's dissectors make of the same captures.

tshark reassembles and decodes by itself; netaudit only looks whether the recovered bytes are in the bodies it gives for
the frames of the message (as they are, or in base64 or hex as the object's path says), or among the files it exports.
`contradicted` means that tshark did give the body and the bytes are not in it.

What came in a tunnel is confirmed by packets of the tunnel's sender only, and never against an address inside it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.reasons import reason
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.core.storage.files import write_json
from netaudit.devices.endpoints.from_tables import answerable
from netaudit.errors import UsageError
from netaudit.evidence.case.extract import locate
from netaudit.evidence.case.lock import writing
from netaudit.evidence.case.opinions import (
    CONFIRMED,
    CONTRADICTED,
    UNCONFIRMABLE,
    Claims,
    Opinion,
    Verification,
    claims_of,
    findings_of,
    images_by_protocol,
    judged,
)
from netaudit.evidence.case.report_status import SECOND_OPINION
from netaudit.evidence.case.seal import later
from netaudit.evidence.case.tshark import EXPORTS, Frame, frames_and_bodies, version
from netaudit.evidence.case.tunnels import Bearer, bearer_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from netaudit.evidence.case.reading import Case

_PLAIN_STEPS = frozenset({"multipart", "json", "form", "base64", "data", "url", "hex", "xml", "text", "json text"})
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")


def found_as(data: bytes, body: bytes, *, whole: bool = True) -> str:
    """How `data` stands in `body` (as it is, in base64, URL-safe base64 or hex), as a reason; empty when it does not.

    Of data that is not `whole` the last group of base64 is left out, since it depends on what follows.
    """
    if data in body:
        return "opinion_as_it_is"
    coded = data if whole else data[: len(data) - len(data) % 3]
    needles = (
        (base64.b64encode(coded).rstrip(b"="), "opinion_base64"),
        (base64.urlsafe_b64encode(coded).rstrip(b"="), "opinion_base64_url"),
        (data.hex().encode(), "opinion_hex"),
        (data.hex().upper().encode(), "opinion_hex"),
    )
    for text in _readings(body):
        for needle, how in needles:
            if needle in text:
                return how
    return ""


def _readings(body: bytes) -> Iterator[bytes]:
    """The body, then without JSON escapes of slashes, line breaks of folded base64, and percent escapes."""
    yield body
    if b"\\" in body:
        yield body.replace(b"\\/", b"/").replace(b"\\r", b"").replace(b"\\n", b"").replace(b"\\u002B", b"+")
    folded = bytes(body).translate(None, b" \t\r\n")
    if len(folded) != len(body):
        yield folded
    if b"%" in body:
        yield unquote_to_bytes(body)


def holds_numbers(numbers: Sequence[str], body: bytes) -> bool:
    """Whether all of these identity numbers stand in a body, however it spells them."""
    text = b"\0".join([*_readings(body), *_unwrapped(body)]).upper()
    return all(any(spelled in text for spelled in _spellings(number)) for number in numbers)


def _spellings(number: str) -> tuple[bytes, ...]:
    return number.encode(), number.encode("utf-16-le"), number.encode().hex().upper().encode()


def _unwrapped(body: bytes) -> Iterator[bytes]:
    """What stands in base64 in a body."""
    for text in _BASE64.findall(body)[:64]:
        with contextlib.suppress(ValueError):
            yield base64.b64decode(text[: len(text) - len(text) % 4])


def is_plain(path: str) -> bool:
    """Whether nothing on the way to the object hides its bytes or their base64."""
    way = Way.read(path)
    if not way.first.text.endswith(" body"):  # carved, or joined from parts
        return False
    names = [step.name for step in way.between]
    return sum(name in {"base64", "data", "hex"} for name in names) <= 1 and set(names) <= _PLAIN_STEPS


OPINION = "private/verify.json"
NO_BODY = "opinion_no_body"
_LARGEST_MAIL = 64 << 20  # bytes; longer ones are not searched
_LEAST = 64  # bytes of an incomplete object before its first gap that are worth looking for


class Wanted(NamedTuple):
    """An object to be confirmed, with the place of its message."""

    object_id: str
    capture_id: str
    first_frame: int
    last_frame: int
    path: str
    complete: bool
    sha256: str
    ends: tuple[str, str]  # from, to
    ports: tuple[int, int]
    numbers: tuple[str, ...] = ()  # of a document: the identity numbers in it, in clear
    bearer: Bearer | None = None


def verify(case: Case, captures: Sequence[Path] = (), *, images: bool = False) -> Verification:
    """Ask tshark about the objects of all findings, or about every image of the case by protocol with `images`.

    The result is also written to private/verify.json. Raises UsageError when tshark is missing or a capture is not
    where it was (say where with `captures`).
    """
    program = shutil.which("tshark")
    if program is None:
        raise UsageError("tshark is not installed; it comes with Wireshark (Debian: apt install tshark)")
    groups = images_by_protocol(case) if images else findings_of(case)
    identities = {identity for group in groups for identity in group["object_ids"]}
    wanted = _wanted(case, identities)
    claims = claims_of(case, identities)
    places = locate(case, captures)
    opinions = {
        one.object_id: Opinion(UNCONFIRMABLE, NO_BODY, inside=one.bearer.inside if one.bearer else frozenset())
        for one in wanted
    }
    result = Verification(version(program), opinions)
    by_capture: dict[str, list[Wanted]] = defaultdict(list)
    for one in wanted:
        by_capture[one.capture_id].append(one)
    for capture_id, some in sorted(by_capture.items()):
        path = places.get(capture_id)
        if path is None:
            raise UsageError("capture {}: is not where it was audited; say where it is with --captures", capture_id)
        _ask(program, path, case, some, result.objects, claims)
    _see_others(program, case, places, claims, by_capture)
    result.findings = [judged(group, result.objects, claims) for group in groups]
    with writing(case.folder, "verify"):
        write_json(case.folder / OPINION, result.document())
        later(case.folder, SECOND_OPINION, (OPINION,), **result.figures())
    return result


def _wanted(case: Case, identities: set[str]) -> list[Wanted]:
    chosen = pa.array(sorted(identities), pa.string())
    numbers = _numbers(case, chosen)
    objects = case.table("objects")
    objects = objects.filter(pc.is_in(objects["object_id"], chosen)).select(
        ["object_id", "message_id", "sha256", "complete", "unwrap_path"]
    )
    frame_columns = ["capture_id", "first_frame", "last_frame"]
    messages = case.table("messages").select(["message_id", "flow_id", "direction", *frame_columns])
    ends = ["client_ip", "server_ip", "client_port", "server_port"]
    flows = case.table("flows")
    within = ["tunnel", "client_outer", "server_outer"]
    answering = answerable(flows)["client_ip"]
    flows = flows.select(["flow_id", *ends, *within]).append_column("judged", answering)
    joined = objects.join(messages, "message_id").join(flows, "flow_id")
    return [
        Wanted(
            object_id=row["object_id"],
            path=row["unwrap_path"],
            complete=row["complete"],
            sha256=row["sha256"],
            **_way(row),
            numbers=tuple(sorted(numbers.get(row["object_id"], ()))),
            bearer=bearer_of(row),
            **{name: row[name] for name in frame_columns},
        )
        for row in joined.sort_by("object_id").to_pylist()
    ]


def _way(row: dict[str, Any]) -> dict[str, Any]:
    near, far = (row["client_ip"], row["client_port"]), (row["server_ip"], row["server_port"])
    (source, sport), (target, dport) = (near, far) if row["direction"] == "up" else (far, near)
    return {"ends": (source, target), "ports": (sport or 0, dport or 0)}


def _numbers(case: Case, chosen: pa.Array) -> dict[str, set[str]]:
    """Identity numbers in clear by the document that they were read from."""
    clear = case.clear_table()
    mine = clear.filter(pc.and_(pc.equal(clear["kind"], "id_number"), pc.is_in(clear["object_id"], chosen)))
    found: dict[str, set[str]] = defaultdict(set)
    for row in mine.select(["object_id", "value_clear"]).to_pylist():
        found[row["object_id"]].add(row["value_clear"])
    return found


def _ask(
    program: str, path: Path, case: Case, wanted: list[Wanted], opinions: dict[str, Opinion], claims: Claims
) -> None:
    """One run of tshark over one capture; bodies come through a pipe, exported files lie in a private folder."""
    capture_id = wanted[0].capture_id
    seen = claims.seen[capture_id]
    with tempfile.TemporaryDirectory(dir=case.folder / "private", prefix="verify-") as folder:
        first = np.array([one.first_frame for one in wanted])
        last = np.array([one.last_frame for one in wanted])
        for frame, held in frames_and_bodies(program, path, Path(folder), claims.ports(capture_id)):
            seen.add(frame.way, frame.number)
            for place in np.flatnonzero((first <= frame.number) & (frame.number <= last)).tolist() if held else ():
                one = wanted[place]
                for body in held:
                    if opinions[one.object_id].status != CONFIRMED and _of_its_packets(one, frame):
                        _compare(case, one, body, frame.number, opinions[one.object_id])
        _compare_exports(case, Path(folder), wanted, opinions)


def _see_others(program: str, case: Case, places: dict[str, Path], claims: Claims, asked: Collection[str]) -> None:
    """Look at the packets of captures that hold some of an object's frames, but not the end of its message."""
    for capture_id in sorted({name for one in claims.objects.values() for name in one.frames} - {*asked}):
        if (path := places.get(capture_id)) is None:
            continue
        with tempfile.TemporaryDirectory(dir=case.folder / "private", prefix="verify-") as folder:
            for frame, _ in frames_and_bodies(program, path, Path(folder), claims.ports(capture_id)):
                claims.seen[capture_id].add(frame.way, frame.number)


def _of_its_packets(one: Wanted, frame: Frame) -> bool:
    """Whether a frame goes the way of the object's message, and in the tunnel that it came in."""
    way = frame.way
    if one.ports != way.ports or one.ends[0] not in way.sources or one.ends[1] not in way.targets:
        return False
    return one.bearer is None or one.bearer.source in {"", *way.sources[:1]}


def _compare(case: Case, one: Wanted, body: bytes, frame: int, opinion: Opinion) -> None:
    if one.numbers:
        _compare_numbers(one, body, frame, opinion)
        return
    data = _recovered(case, one)
    if data is None:
        opinion.reason = "opinion_too_few"
        return
    how = found_as(data, body, whole=one.complete)
    if how:
        opinion.status, opinion.frame = CONFIRMED, frame
        how = how if one.complete else reason("opinion_to_gap", inner=how)
        opinion.reason = one.bearer.tells(how) if one.bearer else how
    elif one.complete and frame == one.last_frame and is_plain(one.path):
        opinion.status, opinion.frame = CONTRADICTED, frame
        opinion.reason = "opinion_other_body"
    elif opinion.status != CONTRADICTED:
        opinion.reason = "opinion_not_looked_into"


def _compare_numbers(one: Wanted, body: bytes, frame: int, opinion: Opinion) -> None:
    """A document is not stored; the identity numbers in it are looked for, however the body spells them."""
    if holds_numbers(one.numbers, body):
        opinion.status, opinion.frame, opinion.reason = CONFIRMED, frame, "opinion_numbers"
    elif opinion.status != CONFIRMED:
        opinion.reason = "opinion_numbers_wrapped"


def _recovered(case: Case, one: Wanted) -> bytes | None:
    path = case.object_path(one.sha256)
    data = path.read_bytes() if path else b""
    if not one.complete:
        data = data[: _first_gap(case, one.object_id)]
    return data if len(data) >= _LEAST else None


def _first_gap(case: Case, object_id: str) -> int:
    objects = case.table("objects")
    missing = objects.filter(pc.equal(objects["object_id"], object_id))["missing"].to_pylist()[0]
    return int(missing[0].partition("-")[0]) if missing else 0


def _compare_exports(case: Case, folder: Path, wanted: list[Wanted], opinions: dict[str, Opinion]) -> None:
    """Files that tshark exports are the objects themselves, by their SHA-256; mails hold them."""
    for kind in EXPORTS:
        for path in sorted((folder / kind).glob("*")):
            left = [one for one in wanted if opinions[one.object_id].status != CONFIRMED]
            if not left:
                return
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            mail = path.read_bytes() if kind == "imf" and path.stat().st_size <= _LARGEST_MAIL else b""
            for one in left:
                if one.sha256 == digest:
                    _export(one, reason("opinion_exported", said=kind), opinions)
                elif mail and one.complete and (how := found_as(_recovered(case, one) or mail + b"?", mail)):
                    _export(one, reason("opinion_in_mail", inner=how), opinions)


def _export(one: Wanted, how: str, opinions: dict[str, Opinion]) -> None:
    """Confirm by a file: of what came in a tunnel tshark does not say who sent it."""
    if one.bearer is None:
        opinions[one.object_id] = Opinion(CONFIRMED, how)

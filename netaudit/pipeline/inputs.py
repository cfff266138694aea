"""What a run read: captures, packets not decoded, and what else is known at its end beyond the streamed tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.capture.inputs import short_names
from netaudit.core.storage.table_streams import table_of
from netaudit.pipeline.outcome import Outcome

MOST_COMMENT = 2000  # characters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.capture.from_files import Rejected, Source
    from netaudit.packets.from_capture import Decoder
    from netaudit.pipeline.options import Options


def outcome_of(
    sources: Sequence[Source],
    rejected: Sequence[Rejected],
    decoder: Decoder,
    failures: list[str],
    options: Options,
    *,
    interrupted: bool = False,
    read: list[int] | None = None,
) -> Outcome:
    """What a run knows at its end beyond the tables that it streamed; `read` are bytes of each input, if not all."""
    from netaudit.pipeline.options import result_options, window_s

    ids = capture_ids(sources)
    given = [*(one.name for one in sources), *(one.name for one in rejected)]
    names = [_file_name(name) for name in short_names(given)]
    unread = zip(rejected, names[len(sources) :], strict=True)
    return Outcome(
        captures=_capture_rows(sources, ids, names[: len(sources)], decoder),
        skipped=_skipped(decoder, ids),
        capture_ids=ids,
        rejected=[{"name": name, "problem": entry.problem, "reason": entry.reason} for entry, name in unread],
        options=result_options(options),
        inside=list(options.inside),
        faces=options.faces,
        count_faces=options.count_faces,
        interrupted=interrupted,
        snap_lengths=sorted({length for source in sources for length in source.snap_lengths}),
        read=read,
        failures=failures,
        moment_window_s=window_s(options),
        signatures=options.signatures,
    )


def capture_ids(sources: Sequence[Source]) -> list[str]:
    """Capture ids by running index: the first 16 digits of the SHA-256, which a capture not read to its end lacks."""
    return [source.sha256[:16] or f"unfinished-{index}" for index, source in enumerate(sources)]


def _capture_rows(sources: Sequence[Source], ids: list[str], names: list[str], decoder: Decoder) -> Any:

    from netaudit.core.masking.mask import mask
    from netaudit.core.schema import CAPTURES

    rows = [
        {
            "capture_id": identity,
            "name": name,
            "size": source.size,
            "sha256": source.sha256,
            "sm3": source.sm3,
            "file_format": source.file_format,
            "compression": source.compression,
            "link_types": list(source.link_types),
            "interfaces": [mask(str(interface)) for interface in source.interfaces],
            "comments": _comments(source),
            "packets_read": source.packets_read,
            "packets_decoded": decoder.decoded.get(index, 0),
            "wire_bytes": source.wire_bytes,
            "captured_bytes": source.captured_bytes,
            "first_ts": source.first_ts,
            "last_ts": source.last_ts,
            "drops": source.drops,
            "damage": list(source.damage),
        }
        for index, (source, identity, name) in enumerate(zip(sources, ids, names, strict=True))
    ]
    return table_of(rows, CAPTURES)


def _comments(source: Source) -> list[str]:
    """What people wrote into a capture: of its sections, then of its packets in order of frames.

    Known words stay, and numbers that are nobody's: whoever writes freely may name anybody.
    """
    from netaudit.core.masking.mask import mask_name, visible

    comments = [*source.sections, *(f"{frame}: {text}" for frame, text in source.comments)]
    return [visible(mask_name(text), MOST_COMMENT) for text in comments if text]


def _file_name(name: str) -> str:
    """Name of an input, masked but for the number and the time that a live recording's own files are called by."""
    from netaudit.capture.from_wire import NAME
    from netaudit.core.masking.mask import mask

    folder, slash, file = name.rpartition("/")
    return mask(folder) + slash + file if NAME.fullmatch(file) else mask(name)


def _skipped(decoder: Decoder, ids: list[str]) -> dict[tuple[str, str], int]:
    """Packets not decoded, by capture and reason; unknown link types and tunnels under their names."""
    counts = {
        (ids[capture], reason.name.lower()): count for (capture, reason), count in decoder.skipped.items() if count
    }
    for (capture, named), count in decoder.names.items():
        plain = (ids[capture], named.split(":", 1)[0])
        counts[ids[capture], named] = counts.get((ids[capture], named), 0) + count
        counts[plain] = counts.get(plain, 0) - count
    return {place: count for place, count in counts.items() if count}

"""What `netaudit explain` says of a flow, an object or a packet: how it was read, as lines of text or as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.cli.texts import say
from netaudit.core.masking.mask import mask, visible

if TYPE_CHECKING:
    from netaudit.pipeline.tracing import Read, Trace

WIDTH = 200  # characters of a text out of the capture
WAYS = ("up", "down")


def facts(trace: Trace) -> dict[str, Any]:
    """The same as plain values, masked."""
    return {
        "flow": {name: _masked(value) for name, value in trace.flow.items()},
        "runs": [
            {
                "direction": WAYS[run.direction],
                "offset": run.offset,
                "length": run.length,
                "gap": run.gap,
                "packets": run.packets,
            }
            for run in trace.runs
        ],
        "more_runs": trace.more_runs,
        "asked": [{"reader": name, "said": answer} for name, answer in trace.asked],
        "messages": [_message(read) for read in trace.messages],
        "more_messages": trace.more_messages,
        "failures": trace.failures,
    }


def _message(read: Read) -> dict[str, Any]:
    message = read.message
    return {
        "message_id": message.message_id.hex(),
        "protocol": message.protocol,
        "direction": WAYS[message.direction],
        "start": message.start,
        "end": message.end,
        "method": _masked(message.method),
        "path": _masked(message.path),
        "status": message.status,
        "complete": message.complete,
        "missing": message.missing,
        "unknown_from": message.unknown_from,
        "notes": [_masked(note) for note in message.notes],
        "objects": [
            {
                "object_id": found.object_id,
                "path": _masked(found.path),
                "kind": found.kind,
                "size": found.size,
                "complete": found.complete,
                "notes": [_masked(note) for note in found.notes],
            }
            for found in read.found
        ],
    }


def _way(direction: int, lang: str) -> str:
    return say(f"trace_{WAYS[direction]}", lang)


def _masked(value: Any) -> Any:
    return visible(mask(value), WIDTH) if isinstance(value, str) else value


def lines(trace: Trace, lang: str) -> list[str]:
    """How the flow was read, for people."""
    flow = trace.flow
    ends = f"{flow['client_ip']}:{flow['client_port']} → {flow['server_ip']}:{flow['server_port']}"
    out = [f"{say('trace_flow', lang)} {flow['flow_id'][:12]}  {flow['transport']}  {ends}  {flow['protocol']}"]
    out += [
        f"  {say('trace_gap' if run.gap else 'trace_run', lang)} {_way(run.direction, lang)} "
        f"{run.offset}–{run.offset + run.length} ({say('trace_packets', lang, count=run.packets)})"
        for run in trace.runs
    ]
    if trace.more_runs:
        out.append(f"  … +{trace.more_runs}")
    out.append(
        f"{say('trace_asked', lang)}: "
        + ", ".join(f"{name} {say('trace_' + answer, lang)}" for name, answer in trace.asked)
    )
    for read in trace.messages:
        out += _message_lines(read, lang)
    if trace.more_messages:
        out.append(f"… +{trace.more_messages}")
    lost = {
        name: flow[name]
        for name in flow
        if name.startswith(("unread", "evicted", "missing", "conflicting", "after")) and flow[name]
    }
    out += [f"{say('trace_lost', lang)} {name}: {count}" for name, count in lost.items()]
    return out + [f"{say('trace_failed', lang)}: {failure}" for failure in trace.failures]


def _message_lines(read: Read, lang: str) -> list[str]:
    message = read.message
    what = " ".join(
        str(part) for part in (_masked(message.method), _masked(message.path), message.status or "") if part
    )
    whole = say("trace_whole" if message.complete else "trace_part", lang)
    place = f"{message.protocol} {_way(message.direction, lang)} {message.start}–{message.end}"
    out = [f"{place}  {what}  {whole}  {message.message_id.hex()[:12]}"]
    from netaudit.report.texts import Texts

    words = Texts(lang)
    out += [f"  ! {words.phrase(note, _masked)}" for note in message.notes]
    for found in read.found:
        whole = say("trace_whole" if found.complete else "trace_part", lang)
        out.append(f"  {_masked(found.path)}  {found.kind}  {found.size}  {whole}  {found.object_id[:12]}")
        out += [f"    ! {words.phrase(note, _masked)}" for note in found.notes]
    return out

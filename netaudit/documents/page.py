"""The page docs/documents.md, made from the entries: maker, message, what is read from where, and how that is known."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from netaudit.documents.entries import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.documents.entries import Entry

_FIELDS = ("device", "place", "time", "event", "score", "result", "target")
_WORDS = {
    "documented": "documented by the maker or a standard",
    "code": "seen in source code",
    "capture": "seen in captures",
    "hearsay": "hearsay: never a ground of a finding",
    "recalled": "recalled, not confirmed: never a ground of a finding",
}


def page(entries: Iterable[Entry]) -> str:
    """Text of the page."""
    makers: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        makers[entry.maker].append(entry)
    count = sum(map(len, makers.values()))
    lines = [
        "# Documents",
        "",
        f"Made from `signatures/documents` (`python -m netaudit.documents`): {count} messages of {len(makers)} makers,",
        "standards and platforms. `signatures/documents/README.md` describes the notation.",
        "",
        "| how it is known | messages |",
        "|---|---|",
    ]
    for kind, words in _WORDS.items():
        number = sum(entry.provenance == kind for entries_ in makers.values() for entry in entries_)
        lines.append(f"| {kind}: {words} | {number} |")
    for maker in sorted(makers, key=str.casefold):
        lines += [
            "",
            f"## {_cell(maker)}",
            "",
            "| message | kind | recognised by | read from it | known by |",
            "|---|---|---|---|---|",
        ]
        lines += [_row(entry) for entry in makers[maker]]
    return "\n".join(lines) + "\n"


def _row(entry: Entry) -> str:
    ways = entry.raw["when"] if isinstance(entry.raw["when"], list) else [entry.raw["when"]]
    recognised = "<br>or ".join(_recognised(way) for way in ways)
    source = _cell(entry.source).replace("<", "&lt;")
    return (
        f"| {_cell(entry.message)} (`{entry.id}`) | {entry.kind.replace('_', ' ')} | {recognised} |"
        f" {_read(entry)} | {entry.provenance}: {source} |"
    )


def _recognised(when: dict[str, Any]) -> str:
    said = [str(when["direction"])] if when.get("direction", "request") != "request" else []
    said += [", ".join(map(str, listed(when.get(name)))) for name in ("protocol", "method") if name in when]
    said += [_code(when[name]) for name in ("path", "host") if name in when]
    for name in ("header", "query", "values"):
        said += [f"{_code(key)} = {_code(text)}" for key, text in when.get(name, {}).items()]
    said += [_code(key) for key in listed(when.get("keys"))]
    said += [f"not {_code(_spelled(key))}" for key in listed(when.get("none"))]
    return " ".join(said)


def _read(entry: Entry) -> str:
    raw = entry.raw
    said = []
    for name in _FIELDS:
        value = raw.get(name)
        said.append((name, value.get("at") if name == "time" and isinstance(value, dict) else value))
    said += list(raw.get("person", {}).items()) + list(raw.get("purpose", {}).items())
    doubtful = {name.rpartition(".")[2] for name in entry.recalled}
    fields = [
        f"{name.replace('_', ' ')}{' (recalled)' if name in doubtful else ''}: {_codes(value)}"
        for name, value in said
        if value
    ]
    roles = list(dict.fromkeys(one["role"].replace("_", " ") for one in listed(raw.get("images"))))
    left = [f"not read ({_cell(why)}): {_codes(names)}" for why, names in raw.get("unread", {}).items()]
    return "<br>".join(fields + ([f"images: {', '.join(roles)}"] if roles else []) + left) or "—"


def _codes(value: Any) -> str:
    return ", ".join(_code(_spelled(at)) for at in listed(value))


def _spelled(selector: Any) -> str:
    return f"{selector['at']} ~ {selector.get('cut', '')}" if isinstance(selector, dict) else str(selector)


def _code(text: Any) -> str:
    return f"`{_cell(str(text))}`"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())

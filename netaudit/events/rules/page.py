"""Page of the known messages for `make docs`: maker, message, fields and source of each entry.

Its Chinese stands in chinese.yaml, by the English text of entries and page.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from netaudit.core.text.yaml_text import yaml_of
from netaudit.events.rules.entries import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.events.rules.entries import Entry

_FIELDS = ("device", "place", "time", "event", "score", "result", "direction", "target")
_MADE = (
    "Made from `signatures/documents`: {count} messages of {makers} makers, standards and platforms.",
    "`signatures/documents/README.md` describes the notation.",
)
_WORDS = {
    "documented": "documented by the maker or a standard",
    "code": "seen in source code",
    "capture": "seen in captures",
    "hearsay": "hearsay: never a ground of a finding",
    "recalled": "recalled, not confirmed: never a ground of a finding",
}


def page(entries: Iterable[Entry], lang: str = "en") -> str:
    """Text of the page in a language."""
    makers: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        makers[entry.maker].append(entry)
    say = Wording(lang)
    count = sum(map(len, makers.values()))
    lines = [
        say.page("# Known messages"),
        "",
        *(say.page(line).format(count=count, makers=len(makers)) for line in _MADE),
        "",
        say.page("| how it is known | messages |"),
        "|---|---|",
    ]
    for kind, words in _WORDS.items():
        number = sum(entry.provenance == kind for entries_ in makers.values() for entry in entries_)
        lines.append(f"| {kind}: {say.of('provenance', kind, words)} | {number} |")
    for maker in sorted(makers, key=str.casefold):
        lines += [
            "",
            f"## {_cell(say.of('makers', maker, maker))}",
            "",
            say.page("| message | kind | recognised by | read from it | known by |"),
            "|---|---|---|---|---|",
        ]
        lines += [_row(entry, say) for entry in makers[maker]]
    return "\n".join(lines) + "\n"


class Wording:
    """What the page says in a language."""

    def __init__(self, lang: str) -> None:
        self._texts = catalogue() if lang == "zh" else {}

    def of(self, group: str, text: str, english: str) -> str:
        """The word for a text of a group of the catalogue; `english` where it has none."""
        return self._texts.get(group, {}).get(text, english)

    def page(self, text: str) -> str:
        """One of the page's own texts."""
        return self.of("page", text, text)

    def name(self, group: str, word: str) -> str:
        """A word such as `id_number`, as people read it."""
        return self.of(group, word, word.replace("_", " "))


@functools.cache
def catalogue() -> dict[str, dict[str, str]]:
    """Chinese by group and English text."""
    found: dict[str, dict[str, str]] = yaml_of(__package__, "chinese.yaml")
    return found


def _row(entry: Entry, say: Wording) -> str:
    ways = entry.raw["when"] if isinstance(entry.raw["when"], list) else [entry.raw["when"]]
    recognised = f"<br>{say.page('or ')}".join(_recognised(way, say) for way in ways)
    source = _cell(entry.source).replace("<", "&lt;")
    message = _cell(say.of("messages", entry.message, entry.message))
    return (
        f"| {message} (`{entry.id}`) | {say.name('kinds', entry.kind)} | {recognised} |"
        f" {_read(entry, say)} | {entry.provenance}: {source} |"
    )


def _recognised(when: dict[str, Any], say: Wording) -> str:
    phrases = [say.page(str(when["direction"]))] if when.get("direction", "request") != "request" else []
    phrases += [", ".join(map(str, listed(when.get(name)))) for name in ("protocol", "method") if name in when]
    phrases += [_code(when[name]) for name in ("path", "host") if name in when]
    for name in ("header", "query", "values"):
        phrases += [f"{_code(key)} = {_code(text)}" for key, text in when.get(name, {}).items()]
    phrases += [_code(key) for key in listed(when.get("keys"))]
    phrases += [f"{say.page('not ')}{_code(_spelled(key))}" for key in listed(when.get("none"))]
    return " ".join(phrases)


def _read(entry: Entry, say: Wording) -> str:
    raw = entry.raw
    pairs = []
    for name in _FIELDS:
        value = raw.get(name)
        pairs.append((name, value.get("at") if name in {"time", "direction"} and isinstance(value, dict) else value))
    pairs += list(raw.get("person", {}).items()) + list(raw.get("purpose", {}).items())
    doubtful = {name.rpartition(".")[2] for name in entry.recalled}
    fields = [
        f"{say.name('fields', name)}{say.page(' (recalled)') if name in doubtful else ''}: {_codes(value)}"
        for name, value in pairs
        if value
    ]
    roles = list(dict.fromkeys(say.name("roles", one["role"]) for one in listed(raw.get("images"))))
    left = [
        f"{say.page('not read')} ({_cell(say.of('unread', why, why))}): {_codes(names)}"
        for why, names in raw.get("unread", {}).items()
    ]
    return "<br>".join(fields + ([f"{say.page('images: ')}{', '.join(roles)}"] if roles else []) + left) or "—"


def _codes(value: Any) -> str:
    return ", ".join(_code(_spelled(at)) for at in listed(value))


def _spelled(selector: Any) -> str:
    if not isinstance(selector, dict):
        return str(selector)
    between, end = (" – ", selector["to"]) if "to" in selector else (" ~ ", selector.get("cut", ""))
    return f"{selector['at']}{between}{end}"


def _code(text: Any) -> str:
    return f"`{_cell(str(text))}`"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())

"""What a web page says as values: tables, definition lists, labels and lines, forms, data attributes, JSON in scripts.

Pages are shown to people, so that nothing but form tells what belongs to what: a cell to the heading of its column, a
value to the name before it. Names that come again and again begin a record each.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from html import unescape
from typing import TYPE_CHECKING

from netaudit.content.lines import document_in
from netaudit.core.signatures.field_words import names_field
from netaudit.core.text import json_tolerant

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = object

LARGEST = 1 << 20  # characters of a page that are looked at
MOST = 10_000  # tokens of one kind: cells, lines, fields
MOST_SCRIPTS = 64  # that are read as documents, or are none
LARGEST_SCRIPT, LARGEST_HELD, MOST_HELD = 64 << 10, 16 << 10, 8  # characters of a script, of an object in it; objects
_TOKEN = re.compile(
    r"<!--|<(?P<end>/?)(?P<name>[a-zA-Z][\w:-]{0,40})(?P<said>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)>?"
    r"|(?P<text>[^<]++)|<"
)
_ATTRIBUTE = re.compile(
    r"(?<![^\s\"'/])([^\s=<>\"'/]{1,64}+)\s{0,8}+(?:=\s{0,8}+(?:\"([^\"]*)\"?|'([^']*)'?|([^\s\"'<>]+)))?"
)
_ENDS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "textarea", "title")}
_REMARK = re.compile("-->")
_LINE_TAGS = frozenset({
    "tr", "dl", "li", "p", "div", "ul", "ol", "table", "thead", "tbody", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr",
    "section", "fieldset", "form", "article", "header", "footer", "main",
})  # fmt: skip
_NAME_TAGS = frozenset({"dt", "th", "label"})
_CELLS = frozenset({"td", "th"})
_LITERAL = re.compile(  # a field of an object that a script names
    r"[{,]\s{0,40}[\"']?([A-Za-z_]\w{1,40})[\"']?\s{0,4}:\s{0,4}[\"']([^\"'<>{}\\]{1,120})[\"']"
)
_SET = re.compile(  # a text that a script gives a name
    r"(?<![\w.$])((?:[A-Za-z_$][\w$]{0,40}\.){0,3}[A-Za-z_$][\w$]{1,40})\s{0,8}=\s{0,8}(?:\"([^\"<>{}\\\n]{1,120})\"|'([^'<>{}\\\n]{1,120})')"
)
_HELD = re.compile(r"(?<![\w.$])[\w.$]{1,80}\s{0,8}=\s{0,8}(?=\{)")
_GIVEN = re.compile(r"\A\s*(?:(?:var|let|const)\s+)?[\w.$\[\]\"']{1,80}\s*=\s*(?=[{\[])")
_NAMED = re.compile(r"[:：]\s|\0")  # a line that has its own name
_LINE = re.compile(r"(?P<name>[^\W\d][^:：\0]{0,60}+)(?:[:：]\s?)?+(?:\0|(?<=[:： ]))(?P<value>[^\0]{1,4096})")
_OFF = frozenset({"submit", "button", "reset", "image", "password"})  # kinds of fields that say nothing of anybody
_PICKED = frozenset({"radio", "checkbox"})

Pair = tuple[str, str]


def html_values(text: str) -> dict[str, Value]:
    """What a page says; empty for one that says nothing by its form."""
    page = _Page()
    page.read(" ".join(text[:LARGEST].replace("\0", " ").split(" ")))
    out = _records(page.pairs())
    for key, found in (("table", page.tables), ("form", page.forms), ("data", page.data), ("script", page.scripts)):
        if found:
            out[key] = found[0] if len(found) == 1 else found
    return out


def script_values(text: str) -> dict[str, Value]:
    """What a script gives names to: texts, and objects."""
    out: dict[str, Value] = dict(_set_in(text[:LARGEST_SCRIPT]))
    held = [
        found[0]
        for one in itertools.islice(_HELD.finditer(text, 0, LARGEST_SCRIPT), MOST_HELD)
        if (found := json_tolerant.read(text[one.end() : one.end() + LARGEST_HELD].encode("utf-8", "replace")).values)
    ]
    return out | ({"script": held[0] if len(held) == 1 else held} if held else {})


def _set_in(text: str) -> list[Pair]:
    found = itertools.islice(_SET.finditer(text), MOST)
    return [(one[1].rpartition(".")[2], (one[2] or one[3]).strip()) for one in found]


class _Table:
    """A table under way: its rows, with which of their cells are headings."""

    def __init__(self) -> None:
        self.rows: list[list[tuple[str, bool]]] = []


class _Page:
    """Takes a page token by token."""

    def __init__(self) -> None:
        self.tables: list[Value] = []
        self.forms: list[Value] = []
        self.data: list[Value] = []
        self.scripts: list[Value] = []
        self._tried = 0  # scripts that were read as documents
        self._lines: list[str] = []
        self._line: list[str] = []
        self._literals: list[Pair] = []
        self._open: list[_Table] = []
        self._cell: list[str] | None = None
        self._heading = False
        self._form: dict[str, Value] | None = None
        self._select = self._option = ""
        self._count = 0

    def read(self, text: str) -> None:
        """Read a whole page."""
        at = 0
        gone: set[str] = set()  # elements of which no end follows any more
        while at < len(text) and self._count < MOST * 16 and (token := _TOKEN.match(text, at)):
            at, name = token.end(), (token["name"] or "").lower()
            self._count += 1
            if token["text"] is not None:
                self._say(unescape(token["text"]))
            elif token[0] == "<!--":
                closed = _REMARK.search(text, at - 2)  # a mark may end what it begins: <!-->
                at = closed.end() if closed else len(text)
            elif token["end"]:
                self._ended(name)
            elif name:
                said = _attributes(token["said"]) if "=" in token["said"] else {}
                inner = None
                if name in _ENDS and name not in gone:
                    closed = _ENDS[name].search(text, at)
                    gone |= set() if closed else {name}
                    inner = text[at : closed.start()] if closed else "" if name in {"textarea", "title"} else None
                    at = closed.start() if closed else at if inner == "" else len(text)
                self._began(name, said, inner or "")
        while self._open:
            self._ended("table")
        self._break()

    def pairs(self) -> list[Pair]:
        """Names with their values, in the order of the page."""
        found = []
        for line in _joined(self._lines):
            cells = [cell.strip() for cell in line.split("\0") if cell.strip()]
            match = _LINE.fullmatch("\0".join(cells)) if len(cells) <= 2 else None
            if match and match["value"].strip():
                found.append((match["name"].strip(), match["value"].strip()))
        return (found + self._literals)[:MOST]

    def _say(self, text: str) -> None:
        (self._line if self._cell is None else self._cell).append(text)

    def _break(self) -> None:
        if self._cell is not None:
            self._cell.append(" ")
            return
        line = " ".join("".join(self._line).split(" ")).strip()
        if line.strip("\0") and len(self._lines) < MOST:
            self._lines.append(" ".join(line.split()) if "\0" not in line else line)
        self._line = []

    def _began(self, name: str, said: dict[str, str], inner: str) -> None:
        self._record_data(said)
        if name == "script":
            self._script(said.get("type", ""), inner)
        elif name == "table":
            self._break()
            self._open.append(_Table())
            self._cell = None
        elif name in _CELLS and self._open:
            self._end_cell()
            if self._open[-1].rows:
                self._cell, self._heading = [], name == "th"
        elif name == "tr" and self._open:
            self._end_cell()
            self._open[-1].rows.append([])
        elif name == "dd":
            self._line.append("\0")
        elif name == "img" and (source := said.get("src", "")):
            if self._cell is not None and not "".join(self._cell).strip():
                self._cell.append(source)
        elif name in {"input", "textarea", "select", "option", "form"}:
            self._field(name, said, inner)
        elif name in _LINE_TAGS or name == "dt":
            self._break()

    def _ended(self, name: str) -> None:
        if name in _CELLS:
            self._end_cell()
        elif name == "table" and self._open:
            self._end_cell()
            self._end_table(self._open.pop())
        elif name == "form":
            self._break()
            self._end_form()
        elif name == "select":
            if self._form is not None and self._select:
                self._form.setdefault(self._select, self._option)
            self._say(self._option)
            self._select = self._option = ""
        elif name in _NAME_TAGS:
            self._say("\0" if self._cell is None else " ")
        elif name in _LINE_TAGS or name == "dd":
            self._break()

    def _end_cell(self) -> None:
        if self._cell is not None and self._open and self._open[-1].rows:
            self._open[-1].rows[-1].append((" ".join("".join(self._cell).split()), self._heading))
        self._cell = None

    def _end_table(self, table: _Table) -> None:
        rows = [row for row in table.rows if any(text for text, _ in row)]
        if len(self._open) and self._open[-1].rows:  # a table in a cell of another one: that goes on behind it
            self._cell = []
        if _is_headed(rows):
            names = [text for text, _ in rows[0]]
            self.tables.append([_row(names, [text for text, _ in row]) for row in rows[1:MOST]])
            return
        paired = [row for row in rows if len(row) <= 2 or _by_turns(row)]
        if 2 * len(paired) < len(rows):
            self.tables.append([[text for text, _ in row] for row in rows[:MOST]])
            return
        self._lines += [row[0][0] for row in paired if len(row) == 1]
        self._lines += [f"{one[0]}\0{two[0]}" for row in paired for one, two in zip(row[::2], row[1::2], strict=False)]

    def _end_form(self) -> None:
        if self._form:
            self.forms.append(self._form)
        self._form = None

    def _field(self, name: str, said: dict[str, str], inner: str) -> None:
        """A field of a form, as it was given or chosen."""
        kind, value = said.get("type", "").lower(), said.get("value", "")
        if name == "form":
            self._end_form()
            self._form = {}
        elif name == "select":
            self._select, self._option = said.get("name", ""), ""
        elif name == "option":
            self._option = value if "selected" in said or not self._option else self._option
        elif kind not in _OFF and (kind not in _PICKED or "checked" in said):
            value = unescape(inner).strip() if name == "textarea" else value
            self._say(value if kind != "hidden" else "")
            if self._form is not None and said.get("name") and value:
                self._form.setdefault(said["name"], document_in(value) or value)

    def _record_data(self, said: dict[str, str]) -> None:
        """What the data attributes of an element say: a document, or several fields."""
        held = {
            key[5:]: document_in(value) or value for key, value in said.items() if key.startswith("data-") and value
        }
        if len(self.data) < MOST and (len(held) > 1 or any(not isinstance(value, str) for value in held.values())):
            self.data.append(held)

    def _script(self, kind: str, inner: str) -> None:
        if len(self.scripts) + len(self._literals) >= MOST:
            return
        text = inner.strip()
        bare = _GIVEN.sub("", text, count=1).rstrip("; \t\r\n")
        value = None
        if ("json" in kind or bare is not text) and self._tried < MOST_SCRIPTS:
            self._tried += 1
            value = document_in(bare)
        if value:
            self.scripts.append(value)
        elif "json" not in kind:
            self._literals += [(found[1], found[2].strip()) for found in _LITERAL.finditer(inner)][:MOST]
            self._literals += _set_in(inner)


def _attributes(text: str) -> dict[str, str]:
    found = _ATTRIBUTE.finditer(text)
    return {one[1].lower(): unescape(one[2] or one[3] or one[4] or "").strip() for one in found}


def _row(names: list[str], cells: list[str]) -> dict[str, Value]:
    out: dict[str, Value] = {}
    for at, cell in enumerate(cells):
        out.setdefault(names[at] if at < len(names) and names[at] else f"[{at}]", cell)
    return out


def _is_headed(rows: list[list[tuple[str, bool]]]) -> bool:
    """Whether the first row holds the names of columns: it says so, or all of it names fields and the next row none."""
    if len(rows) < 2 or len(rows[0]) < 2:
        return False
    if all(head for _, head in rows[0]):
        return True
    return all(names_field(text) for text, _ in rows[0]) and not any(names_field(text) for text, _ in rows[1])


def _by_turns(row: list[tuple[str, bool]]) -> bool:
    """Whether names and values stand by turns in a row."""
    names = row[::2]
    return len(row) % 2 == 0 and (all(head for _, head in names) or all(text[-1:] in ":：" for text, _ in names))


def _joined(lines: list[str]) -> Iterator[str]:
    """Lines; one that ends with a colon is the name of what stands in the next one."""
    name = ""
    for line in lines:
        if not (shown := line.strip(" \0")):
            continue
        if shown[-1] in ":：" and "\0" not in shown:
            name = shown
            continue
        yield f"{name}\0{shown}" if name and not _NAMED.search(shown) else line
        name = ""


def _records(pairs: list[Pair]) -> dict[str, Value]:
    """Pairs as one record, the first of a name; or as several, where two names or more come as often as each other."""
    counts = Counter(name for name, _ in pairs)
    most = max(counts.values(), default=0)
    often = [name for name, count in counts.items() if count == most]
    out: dict[str, Value] = {}
    rows: list[Value] = []
    row = out
    for name, value in pairs:
        if most > 1 and len(often) > 1 and name == often[0]:
            row = {}
            rows.append(row)
        row.setdefault(name, value)
    return out | ({"row": rows} if rows else {})

"""Fields of persons in texts without notation: pairs, tables, running text, names of files, pages of web sites.

What stands in front of an equals sign or a colon names a field, so does a heading over cells. A number in running text
is named by the words before it ("身份证号1101…"), a name by standing right beside a number ("张三-1101…").
"""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.text.patterns import later
from netaudit.events.identity.naming import has_family_name, kind_of, names_personal

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_LINE = 4096  # characters
MOST, MOST_LINES = 20_000, 20_000  # fields, lines; `goes_on` says where there are more
LONGEST_LABEL = 20  # characters of a line that may name the next one
_MOST_SAID = 200  # numbers of a line of running text
NUMBER = later(r"(?<![0-9A-Za-z])[1-9]\d{16}[\dXx](?![0-9A-Za-z])", re.ASCII)
_KEYED = r"[\"']?(?P<key>[A-Za-z_\u4e00-\u9fff](?:[\w.\-\u4e00-\u9fff]|\[\d{1,4}\]){0,59})[\"']?[ ]?[=:：]"
# key=value or key: value, up to what ends it in a line: a separator, or the next key
_PAIR = later(
    rf"(?:^|[\s,;|&?{{(\[@，；。、]){_KEYED}[ ]?"
    r"(?:\"(?P<quoted>[^\"\r\n]{0,256})\"|'(?P<single>[^'\r\n]{0,256})'"
    r"|(?! ?[{\[])(?P<bare>[^\t\r\n,;|&\"'}，；。]{1,256}?)"
    r"(?=[\t\r\n,;|&\"'}，；。、]|\s{2}|\s[\w.\-]{1,40}\s?[=:：]|$))"
)
_PHONE = later(r"(?<![0-9A-Za-z])1[3-9]\d{9}(?![0-9A-Za-z])", re.ASCII)
_BOLD = later(r"\*\*([\w:：]{1,20})\*\*")
_INSERT = later(
    r"(?:insert|replace)\s+(?:ignore\s+)?into\s+[\w.`\"\[\]]{1,80}\s*\(([^()]{1,1000})\)\s*values\b", re.IGNORECASE
)
_QUOTED = later(r"\A\s*(?:N?')?[\"`\[]?|['\"`\]]?\s*\Z")  # marks of a value or a name
_VALUES = later(r"\(((?:[^()]|\(\)){1,2000})\)")  # a call within has no arguments: NOW()
_CELLS = later(r"[\t,;|，；]")
_AROUND = " \t='\"()[]{}"  # what stands around a cell in exports and tuples
_PROPERTY = later(r"^([A-Z][A-Z-]{1,20});[^:\r\n]{1,80}:", re.MULTILINE)  # of a vCard, with its parameters
_LENGTHS = later(r"^[$*:]\d{1,9}\r?\n", re.MULTILINE)  # of words in a command of Redis (RESP)
_ANSWER = later(r"\}?\d{1,3}\$")  # of a questionnaire: 1$张三}2$1101…
_GLUED = later(r"(姓名)[:：\s]?([\u3400-\u9fff·•]{2,12})\Z")
_ROWS = later(r"[;；]")
_LABEL = later(r"([A-Za-z_]{2,24}|[\u4e00-\u9fff]{2,12}?)[\s是为:：=（(\[\"'#/]*\Z")
_LABEL_ENDS = later(r"(?:身份证号码|身份证号|身份证|证件号码|证件号|公民身份号码|证号)[\s是为:：=（(\[]*\Z")
_BEFORE = later(r"(?:\A|[^\u3400-\u9fff])([\u3400-\u9fff·•]{2,12})[\s\-_—/|,，、:：(（\[+\"'*#@~^]{1,4}\Z")
_BEHIND = later(
    r"(?:[\s\-_—/|,，、:：)）\]+\"'*#@~^]{1,4}|(?=[\u3400-\u9fff]{2,4} {2}))"
    r"([\u3400-\u9fff·•]{2,12})(?![\u3400-\u9fff])"
)
_CALLED = later(
    r"(?:(?:姓名|客户|访客|业主|顾客|购房人|来访人)[:：\s]?|[人方主员户][:：])([\u3400-\u9fff]{2,3}?)(?=[\s,，。;；、(（:：]|的|身份证)"
)
_OF_SEX = later(r"(?:\A|[^\u3400-\u9fff])([\u3400-\u9fff]{2,4})[，,、\s]{1,2}[男女][，,、\s]")  # 张三，男，汉族
_CALL = later(r"\A[^'\"]{1,80}[=(]\s*\[?['\"]")  # what stands before a first value: AT+CARD="…", call f('…'
_OF_NUMBER = later(r"(?:[甲乙丙丁]方)?([\u3400-\u9fff]{2,3})的(?:居民)?(?:身份证|证件)")
_TOKENS = later(r"[^\w·]+|_")
_SHORT = 160  # characters of a text in which a lone name is the number's …
_TITLES = ("经理", "主任", "主管", "老师", "顾问", "师傅", "总监")  # … unless it is that of one who serves
_CAPTION = later(r"[【\[]([\w\u3400-\u9fff]{2,12})[】\]]\s*")
_ESCAPED = later(r"(?:\\u[0-9a-fA-F]{4})+")
_ELEMENT = later(r"<[^<>]{18,4000}>")
_DATA = later(r"\b(?:data-)?([\w-]{1,40})\s*=\s*\"([^\"]{1,256})\"")
_UNSEEN = {"<script": "</script", "<style": "</style", "<!--": "-->"}
_RECORD_END = later(r"\}\s*,")
_OPENING = later("<script|<style|<!--", re.IGNORECASE)
_INPUT = later(r"<(?:input|option)\b[^<>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = later(r"\b(name|id|value)\s*=\s*(?:\"([^\"]{0,256})\"|'([^']{0,256})')", re.IGNORECASE)
_CELL_END = later(r"</(?:td|th|dt|span|label|b|strong|textarea)\s*>\s*", re.IGNORECASE)
_LINE_END = later(r"</(?:tr|p|div|li|dl|dd|h[1-6]|table|ul|form)\s*>|<br\s*/?>", re.IGNORECASE)
_TAG = later(r"<[^<>]{0,4000}>")
_BLANK = later(r"[ \r\n\f\v]+")


class Field(NamedTuple):
    """A scalar: where it is, under which key, and its text."""

    path: str
    key: str
    value: str


def lines_of(text: str, name: str = "", base: str = "") -> list[Field]:
    """Fields of a text: key=value, key: value, columns under a heading, cells of a line, running text."""
    out: list[Field] = []
    heading: list[str] = []
    block = _Block(base)
    label = ""
    for number, line in enumerate(_lines(text)):
        if len(line) > LONGEST_LINE:
            continue
        place = f"{base}.line[{number}]" if base else f"line[{number}]"
        if label and not names_personal(line):  # a label, and in the next line what it says
            out += block.of([Field(f"{place}.{label}", label, line)])
            label = ""
            continue
        if len(line) <= LONGEST_LABEL and len(_cells(line)) < 2 and names_personal(line):
            label = line
            continue
        if pairs := _pairs(line, place):
            out += block.of(pairs) + _said_apart(line, place, pairs)
            continue
        cells = _cells(line)
        if len(cells) < 2:
            glued = _GLUED.match(line)
            here = [Field(f"{place}.{glued[1]}", glued[1], glued[2])] if glued else [Field(place, name, line)]
            out += said_in(line, place) or (here if len(line) <= 64 else [])
        elif sum(map(names_personal, cells)) >= 2:
            heading = cells
        elif (labelled := _labelled(cells, place)) is not None:
            out += block.of(labelled)
        elif heading and len(cells) == len(heading):
            out += [Field(f"{place}.{key}", key, cell) for key, cell in zip(heading, cells, strict=True) if cell]
        else:
            contents = [_CALL.sub("", cell) for cell in cells]
            found = [Field(f"{place}[{at}]", "", cell) for at, cell in enumerate(contents) if cell]
            out += found + _said_apart(line, place, found)
        if len(out) >= MOST:
            break
    return out


def goes_on(text: str) -> bool:
    """Whether a text has more lines or fields than `lines_of` looks at."""
    if len(text.splitlines()) > MOST_LINES:
        return True
    return sum(map(text.count, "=:：,，;；|\t")) >= MOST and len(lines_of(text)) >= MOST


class _Block:
    """Lines with one pair each, which are of one record until a key comes again."""

    def __init__(self, base: str) -> None:
        self._prefix = f"{base}." if base else ""
        self._number = 0
        self._keys: set[str] = set()

    def of(self, pairs: list[Field]) -> list[Field]:
        if len(pairs) != 1 or not pairs[0].key:
            return pairs
        key = pairs[0].key
        if key in self._keys:
            self._number += 1
            self._keys.clear()
        self._keys.add(key)
        return [Field(f"{self._prefix}block[{self._number}].{key}", key, pairs[0].value)]


def _labelled(cells: list[str], place: str) -> list[Field] | None:
    """Cells that are in turn a label and what it says, or None."""
    labels, values = cells[::2], [cell.lstrip(":： ") for cell in cells[1::2]]
    if len(labels) != len(values) or not names_personal(labels[0]) or any(map(names_personal, values)):
        return None
    return [Field(f"{place}.{key}", key, value) for key, value in zip(labels, values, strict=True) if key and value]


def _rows_of_insert(text: str) -> str:
    """A statement of SQL that inserts rows as a table with tabs: a heading, and a line for each row."""
    found = _INSERT.search(text)
    if not found:
        return text
    rows = [found[1], *(row[1] for row in _VALUES.finditer(text, found.end()))]
    return "\n".join("\t".join(_QUOTED.sub("", cell) for cell in row.split(",")) for row in rows[:MOST_LINES])


def _lines(text: str) -> Iterator[str]:
    """Lines; rows that stand in one line with semicolons between them, each for itself."""
    text = _rows_of_insert(text) if "insert" in text[:LONGEST_LINE].lower() else text
    text = _BOLD.sub(r"\1", text) if "**" in text else text
    text = _PROPERTY.sub(r"\1:", text) if text.startswith("BEGIN:VCARD") else text
    text = _LENGTHS.sub("", text) if _LENGTHS.match(text) else text
    text = _ANSWER.sub("\t", text) if _ANSWER.match(text) else text
    text = _CAPTION.sub(_as_label, text) if "【" in text or "[" in text else text
    text = _ESCAPED.sub(_as_characters, text) if "\\u" in text else text
    for line in (one.strip("> \t\ufeff") for one in text[: 1 << 20].splitlines()[:MOST_LINES]):
        rows = [row.strip() for row in _ROWS.split(line)] if ";" in line or "；" in line else [line]
        apart = len(rows) > 1 and all(len(_CELLS.split(row)) > 1 for row in rows if row) and _PAIR.search(line) is None
        yield from (row for row in (rows if apart else [line]) if row)


def _as_label(found: re.Match[str]) -> str:
    """`【姓名】张三` as a pair."""
    return f"\t{found[1]}:" if names_personal(found[1]) else found[0]


def _as_characters(found: re.Match[str]) -> str:
    """Escapes as what they say: two of them may be one character, and half of one is none (tables take UTF-8)."""
    return bytes.fromhex(found[0].replace("\\u", "")).decode("utf-16-be", "replace")


def _pairs(line: str, place: str) -> list[Field]:
    found: list[Field] = []
    for pair in _PAIR.finditer(line):
        key, value = pair["key"], (pair["quoted"] or pair["single"] or pair["bare"] or "").strip()
        if NUMBER.fullmatch(value) and has_family_name(key) and not kind_of(key):  # 张三:1101…
            row = f"{place}.said[{len(found)}]"
            found += [Field(f"{row}[0]", "", value), Field(f"{row}[1]", "", key)]
        elif value:
            value = value.rstrip(")") if "(" not in value else value  # Visitor(name=…, phone=…)
            found.append(Field(f"{place}.{key}", key.rpartition(".")[2] if "[" in key else key, value))
    return found


def _cells(line: str) -> list[str]:
    """Cells of a line, without the marks by which spreadsheets keep numbers texts."""
    cells = _CELLS.split(line)
    if '"' in line:
        with suppress(csv.Error, StopIteration):
            cells = next(csv.reader([line], delimiter=max(",\t;|", key=line.count)))
    if len(cells) < 2 and "  " in line:
        cells = re.split(" {2,}", line)
    return [cell.strip(_AROUND) for cell in cells]


def _said_apart(line: str, place: str, known: list[Field]) -> list[Field]:
    """What running text says beside its pairs or cells."""
    values = {field.value for field in known}
    spoken = said_in(line, place)
    new = [one.path for one in spoken if NUMBER.fullmatch(one.value) and one.value not in values]
    rows = tuple(path[: path.rindex("said[")] + path[path.rindex("said[") :].partition("]")[0] + "]" for path in new)
    return [one for one in spoken if one.value not in values or one.path.startswith(rows)]


def said_in(text: str, place: str) -> list[Field]:
    """Numbers in running text, with what names them and the name that stands beside."""
    out: list[Field] = []
    numbers = list(islice(NUMBER.finditer(text), _MOST_SAID))
    begin = 0
    for count, found in enumerate(numbers):
        before, behind = text[max(0, found.start() - 24) : found.start()], text[found.end() : found.end() + 16]
        row = f"{place}.said[{count}]"
        key = _label(before)
        out.append(Field(f"{row}.{key}" if key else f"{row}[0]", key, found[0]))
        ahead, begin = text[begin : found.start()], found.end()
        alone = text if len(numbers) == 1 and len(text) <= _SHORT else ""
        if name := _name_beside(before, behind) or _name_of(ahead, alone):
            out.append(Field(f"{row}.name" if key else f"{row}[1]", "name" if key else "", name))
    if out:
        out += [Field(f"{place}.phone[{at}]", "", one[0]) for at, one in enumerate(_PHONE.finditer(text))][:_MOST_SAID]
    return out


def _label(before: str) -> str:
    if label := _LABEL_ENDS.search(before):
        return label[0].strip(" \t是为:：=（([")
    found = _LABEL.search(before)
    return found[1] if found and kind_of(found[1]) in {"id_number", "doubtful"} else ""


def _name_beside(before: str, behind: str) -> str:
    label = _LABEL_ENDS.search(before)
    ahead = _BEFORE.search(before[: label.start()] if label else before)
    for found in (ahead, _BEHIND.match(behind), *_CALLED.finditer(before)):
        name = found[1].rpartition("的")[2] if found else ""  # 尊敬的张三
        if has_family_name(name) and not kind_of(name):
            return name
    return ""


def _name_of(ahead: str, alone: str) -> str:
    """The last name that a sentence says between the number before and this one, or the one name of a short text.

    What is said before another number is of that one's person: a spouse's number comes behind the first one's name.
    """
    marks = [*_OF_SEX.finditer(ahead), *_OF_NUMBER.finditer(ahead)]
    for found in sorted(marks, key=lambda one: -one.start(1)):
        if has_family_name(found[1]):
            return found[1]
        if found.re is _OF_NUMBER and has_family_name(found[1][1:]):
            return found[1][1:]
    tokens = (one for one in _TOKENS.split(alone) if not one.endswith(_TITLES))
    names = {one for one in tokens if has_family_name(one) and not kind_of(one)}
    return names.pop() if len(names) == 1 else ""


def page_lines(text: str) -> str:
    """A page of a web site as lines: rows of its tables with tabs between the cells, fields of its forms as pairs."""
    text = _seen(text)
    text = _ELEMENT.sub(_as_pairs, _INPUT.sub(_as_pair, text))
    text = _BLANK.sub(" ", text.replace("\t", " ")) if "\0" not in text else _BLANK.sub(" ", text).replace("\0", "\n")
    text = _LINE_END.sub("\n", _CELL_END.sub("\t", text))
    return "\n".join(line.strip() for line in unescape(_TAG.sub("", text)).replace("\xa0", " ").splitlines())


def program_lines(text: str) -> str:
    """Programs of a page in which a number stands, a record of their data in each line."""
    low, texts, end = text.lower(), [], 0
    while len(low) == len(text) and (start := low.find("<script", end)) >= 0:
        end = low.find("</script", start)
        if end < 0:
            break
        texts.append(text[text.find(">", start) + 1 : end])
    return "\n".join(_RECORD_END.sub("}\n", one) for one in texts if NUMBER.search(one))


def _seen(text: str) -> str:
    """A page without its programs, styles and remarks; one that is not closed reaches to the end."""
    low, out, at = text.lower(), [], 0
    if len(low) != len(text):  # a letter of which lower case makes two
        low = text
    while found := _OPENING.search(text, at):
        out.append(text[at : found.start()])
        end = low.find(_UNSEEN[found[0].lower()], found.end())
        at = text.find(">", end) + 1 if end >= 0 else 0
        if not at:
            return " ".join(out)
    return " ".join([*out, text[at:]])


def _as_pair(found: re.Match[str]) -> str:
    attributes = {one[1].lower(): one[2] or one[3] or "" for one in _ATTRIBUTE.finditer(found[0])}
    key, value = attributes.get("name") or attributes.get("id") or "", attributes.get("value", "")
    return f'\0{key}="{value}"\0' if key and value else " "


def _as_pairs(found: re.Match[str]) -> str:
    """Attributes of an element in one of which a number stands."""
    if NUMBER.search(found[0]) is None:
        return found[0]
    pairs = "\t".join(f'{one[1]}="{one[2]}"' for one in _DATA.finditer(found[0]))
    return f"\0{pairs}\0" if pairs else found[0]

"""Identity data in documents: ID numbers, phones, names and what stands beside them, by field name and by value.

What each field is says `classifying.py`.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING

from netaudit.content.document import json_of, small_json
from netaudit.content.part import Known, Leaf, Part
from netaudit.content.scalars import beside_pictures, fields, fields_of, worded
from netaudit.content.sniff import sniff
from netaudit.content.text import to_text
from netaudit.content.tree import bare_text, left_out, notation, rest, values
from netaudit.core.contracts.heads import ANEW, MOST_CHARACTERS, REMEMBERED
from netaudit.core.contracts.heads import MOST_FIELDS as MOST_FIELDS_OF_HEAD
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.core.masking.number_forms import is_device_id, known_region, right_check_digit
from netaudit.core.text.charset import unquote
from netaudit.core.text.patterns import occurrence
from netaudit.events.identity.classifying import LONGEST_VALUE, classified, picture
from netaudit.events.identity.lines import NUMBER, Field, goes_on, lines_of, page_lines, program_lines, said_in
from netaudit.events.identity.naming import (
    KINDS,
    TELLING,
    is_id_field,
    names_id,
)
from netaudit.events.identity.overlooked import is_overlooked, overlooked
from netaudit.events.identity.sheets import MOST_CELLS, Scalar, is_shared, is_sheet, rows_of, shared_texts
from netaudit.events.identity.spellings import header_fields, query_fields, tells_in_token, widened
from netaudit.events.identity.strings import binary_fields, holds_number
from netaudit.events.identity.templates import KIND as TEMPLATE
from netaudit.events.identity.templates import WORDS as _TEMPLATES
from netaudit.events.identity.templates import in_bytes, in_document, once, settled
from netaudit.events.identity.values import (
    RIGHT,
    Personal,
    address_tail,
    canonical,
    masked,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netaudit.core.contracts.heads import Form
    from netaudit.core.text.json_document import JsonDocument

LARGEST = 1 << 20  # bytes of words; longer documents are not read for identity data, which is told
MOST_FIELDS = 2000  # of a document
LONGEST_WORD = 8192  # bytes of a JSON string that is searched for numbers
MOST_ROWS = 2000  # of a message
LONGEST_BINARY = 1 << 16  # bytes between whose lengths and marks texts are looked for, and of a program
DOCUMENTS = frozenset({"json", "xml", "form", "text", "html"})
BINARY = frozenset({"opaque", "bson", "protobuf"})  # in which texts stand between lengths and marks
LENGTH = 18  # bytes of a number
_PROGRAM = ("javascript", "css", "ecmascript")  # content types of texts that say nothing of anybody …
_CALL = re.compile(r"\s*(?:/\*\*/)?\s*[\w$.]{1,64}\s*\(\s*([\[{].*[\]}])\s*\)\s*;?\s*\Z", re.DOTALL)  # … but JSONP


# Stems of the telling names as bytes: none of them, and no long number, means no need to parse.
STEMS = (
    rb"(?i:name|idn|id_n|idc|id_c|iden|cert|citizen|card|sfz|xm\"|phone|mobile|tel|birth|born|addr|gender|sex|score|simil|confid"
    rb"|person|customer|visitor|member|employee|\\u[0-9a-f]{4}|%[ef]|%3[0-9])|eyJ|[\xa1-\xf7]|[0-9]{11}|" + _TEMPLATES
)
_stems, _words_of_templates = occurrence(STEMS), occurrence(_TEMPLATES)
_NO_WORDS = re.compile(r"[A-Za-z0-9+/_-]{256,}={0,2}", re.ASCII)
_LEFT_OUT = re.compile(rb"\\u0000\d+")  # what stands for a long string in a JSON text (`json_text.py`)
LONGEST_DATE = 17  # digits that are no number
_BYTES = (256, 512, 1024, 2048, 4096, 8192)  # of 128 to 1024 numbers of two, four or eight …
_WRITTEN = frozenset(size for one in _BYTES for size in (-(-4 * one // 3), -(-one // 3) * 4))  # … in base64
# a length, or a date (RFC 9110, 5.6.7): of no number a part
_TOLD_ANEW = re.compile(r"\d{2,16}|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", re.ASCII)
# digits of a number, or one that is escaped, as no honest writer does
_LONG = re.compile(r"[1-9]\d{16}|%(?:25)?3\d", re.ASCII)


def personal(leaf: Leaf) -> list[Personal]:
    """Return personal data and its circumstances in document order, then biometric templates."""
    found = _said(leaf)
    if leaf.kind in DOCUMENTS | BINARY:
        found += overlooked(_searched(leaf), found)
    return found + (_templates(leaf) if _may_hold_template(leaf) else [])


def _searched(leaf: Leaf) -> bytes:
    """The bytes of a document in which numbers are looked for: without what can only be pictures."""
    if any(word in leaf.part.content_type for word in _PROGRAM):
        text = leaf.part.data.decode("latin-1") if len(leaf.part.data) <= LONGEST_BINARY else ""
        return leaf.part.data if _CALL.match(text) else b""  # programs say nothing of anybody
    if leaf.kind != "json":
        return beside_pictures(leaf) if len(leaf.part.data) <= LARGEST or leaf.kind != "opaque" else b""
    document = json_of(leaf.part, leaf.known)
    if not document.strings:
        return document.data
    bare = _LEFT_OUT.sub(b"", document.bare)  # marks would be taken for escapes that hide something
    long = (document.data[one.start : one.end] for one in document.strings if one.end - one.start <= LONGEST_WORD)
    return b"\n".join([bare, *islice(long, MOST_FIELDS)])


def not_looked_through(leaf: Leaf) -> int:
    """Bytes of a document that is too long to be read for identity data: nobody knows whom it speaks of."""
    size = len(leaf.part.data)
    if leaf.kind not in DOCUMENTS or (size <= LARGEST and leaf.kind != "text"):
        return 0
    if size > LARGEST:
        return size if len(bare_text(leaf)) > LARGEST else 0
    return size if size > LONGEST_BINARY and _is_cut(leaf.part) else 0


def _is_cut(part: Part) -> bool:
    """Whether a text that may tell has more than is looked at of one."""
    program = any(word in part.content_type for word in _PROGRAM)
    return not program and may_tell(part.data) and goes_on(to_text(part.data, part.content_type))


def _templates(leaf: Leaf) -> list[Personal]:
    """Biometric templates: bytes that are one, or those among the values of a document."""
    part, written = leaf.part, notation(leaf)
    if leaf.kind == "opaque" and not written:
        place = next((step.place for step in reversed(part.way.steps) if step.place), "") or part.field or part.name
        return once(in_bytes(part.data, place, sniff))
    return once(in_document(values(leaf), written, part.field, partial(left_out, leaf), sniff))


def _may_hold_template(leaf: Leaf) -> bool:
    """Whether a leaf is bytes, or a document whose words or numbers may be those of a biometric template."""
    if leaf.kind == "opaque":
        return len(leaf.part.data) <= LARGEST
    if leaf.kind not in DOCUMENTS or leaf.kind == "html" or len(leaf.part.data) > 8 * LARGEST:
        return False
    long = json_of(leaf.part, leaf.known).strings if leaf.kind == "json" else []
    if not _WRITTEN.isdisjoint([string.end - string.start for string in long]):
        return True
    words = worded(leaf)
    return len(words) <= LARGEST and _words_of_templates(words)


def _said(leaf: Leaf) -> list[Personal]:
    if leaf.kind in BINARY or (leaf.kind == "text" and notation(leaf) != "form"):
        return _of_binary(leaf)
    if leaf.kind in {"text", "html"}:
        return _of_text(leaf)
    if leaf.kind not in DOCUMENTS or not leaf.part.data or not_looked_through(leaf):
        return []
    if is_of_workbook(leaf):  # read with its other parts
        return []
    found = [Field(*one) for one in fields(leaf, most=MOST_FIELDS, worth=may_tell)]
    found = widened(found, _xml_fields, _parser(leaf)) if found else []
    return classified(found + _of_rest(leaf)) if found or rest(leaf) else []


def _of_rest(leaf: Leaf) -> list[Field]:
    """Numbers in what of a document nobody understood."""
    left = rest(leaf)[:LONGEST_BINARY]
    return said_in(to_text(left), "rest") if holds_number(left) else []


def _of_binary(leaf: Leaf) -> list[Personal]:
    """Fields of a binary notation; else texts between lengths and marks, where an identity number stands among them."""
    data = leaf.part.data
    if not LENGTH <= len(data) <= LONGEST_BINARY or not holds_number(data):
        return []
    return classified(widened(binary_fields(data), _xml_fields, _parser(leaf)))


def _parser(leaf: Leaf | None = None) -> Callable[[str, str], list[Field]]:
    """What gives the fields of a text that is a JSON document itself, if any. Parsed once in a message."""
    return partial(_parsed, {} if leaf is None else leaf.known)


def _parsed(known: Known, text: str, path: str) -> list[Field]:
    return json_fields(small_json(text.encode("utf-8", "replace"), known).value, path)


def json_fields(value: object, path: str = "$") -> list[Field]:
    """Scalars of a decoded JSON text."""
    return [Field(*one) for one in fields_of(value, path, MOST_FIELDS)] if value is not None else []


def of_target(target: str) -> list[Personal]:
    """What a request target says of people: its query, and numbers in its path or the name of a file."""
    path, mark, _ = target.partition("?")
    found = query_fields(target) if mark and asks_query(target) else []
    return classified([*widened(found, _xml_fields, _parser()), *_of_path(path, "target")])


def of_name(name: str) -> list[Personal]:
    """What the name of a file or part says of people: a number, and a name beside it."""
    return classified(_of_path(name, "file name")) if _LONG.search(name) else []


def of_headers(headers: Sequence[tuple[str, str]]) -> list[Personal]:
    """What the headers of a message say of people: a number, and what stands beside it."""
    alike = tuple([(name, "" if name in ANEW and _TOLD_ANEW.fullmatch(value) else value) for name, value in headers])
    short = len(alike) <= MOST_FIELDS_OF_HEAD and sum([len(value) for _, value in alike]) <= MOST_CHARACTERS
    if not asks_in_headers(headers) or not (_remembered if short else _numbered)(alike):
        return []
    return _classified_headers(headers)


def _classified_headers(headers: Sequence[tuple[str, str]]) -> list[Personal]:
    return classified(widened(header_fields(headers), _xml_fields, _parser()))


def _numbered(headers: tuple[tuple[str, str], ...]) -> bool:
    """Whether headers say a number: serials of devices look like one as long as nobody asks what they are."""
    return any(one.kind == "id_number" and one.certainty in RIGHT for one in _classified_headers(headers))


_remembered = lru_cache(maxsize=REMEMBERED)(_numbered)


def of_parts(leaves: list[Leaf]) -> list[list[Personal]]:
    """What texts that are fields of one form say together: of each, where the name alone says little."""
    fields_of = [
        Field(leaf.part.name, leaf.part.name, to_text(leaf.part.data, leaf.part.content_type)) for leaf in leaves
    ]
    kinds = classified(fields_of)
    return [[one for one in kinds if one.path == field.path] for field in fields_of]


def is_of_workbook(leaf: Leaf) -> bool:
    """Whether a leaf is a part of a spreadsheet in which lists of people may stand."""
    name = leaf.part.name
    return leaf.kind == "xml" and (is_sheet(name) or is_shared(name)) and len(leaf.part.data) <= LARGEST


def of_workbook(leaves: list[Leaf]) -> list[list[Personal]]:
    """What the parts of a spreadsheet say of people, of each sheet by its rows."""
    texts = [text for leaf in leaves if is_shared(leaf.part.name) for text in shared_texts(_scalars(leaf))]
    return [
        classified(lines_of(rows_of(_scalars(leaf), texts), base=leaf.part.name)) if is_sheet(leaf.part.name) else []
        for leaf in leaves
    ]


def _scalars(leaf: Leaf) -> list[Scalar]:
    return [Scalar(*one) for one in fields(leaf, most=4 * MOST_CELLS)]


def is_part(leaf: Leaf) -> bool:
    """Whether a leaf is a short field of a multipart form."""
    return leaf.kind == "text" and bool(leaf.part.name) and len(leaf.part.data) <= LONGEST_VALUE


def asks_in_headers(headers: Sequence[tuple[str, str]]) -> bool:
    """Whether a header may hold an identity number."""
    return any(_LONG.search(said) for field in headers for said in field if len(said) > LONGEST_DATE) or any(
        name == "authorization" and tells_in_token(value) for name, value in headers
    )


def asks_in_head(form: Form, headers: Sequence[tuple[str, str]]) -> bool:
    """The same of the head of a message: of its form once, and of what every message has anew."""
    if form.read(asks_in_headers):
        return True
    # none of these is a credential, or has a name that says anything
    return any(_LONG.search(value) for name, value in headers if name in ANEW and len(value) > LONGEST_DATE)


def asks_about(target: str) -> bool:
    """Whether a request target may name a person."""
    return _LONG.search(target) is not None or ("?" in target and asks_query(target))


def asks_query(target: str) -> bool:
    """Whether the query of a request target may name a person."""
    return "eyJ" in target or may_tell(target.encode("utf-8", "replace"))


def _of_path(path: str, place: str) -> list[Field]:
    return said_in(to_text(unquote(path.encode("utf-8", "replace"))), place) if _LONG.search(path) else []


def _of_text(leaf: Leaf) -> list[Personal]:
    """A field of a multipart body, or lines of fields: there two must be about a person, or one be a number."""
    part = leaf.part
    if (
        leaf.kind == "text"
        and part.name
        and len(part.data) <= LONGEST_VALUE * 4
        and (found := classified(widened([Field(*one) for one in fields(leaf)], _xml_fields, _parser(leaf))))
    ):
        return found
    page = leaf.kind == "html" or "html" in part.content_type
    if len(part.data) > LARGEST or not may_tell(part.data):
        return []
    text = _NO_WORDS.sub(" ", to_text(part.data, part.content_type))  # a line with a picture in it would be too long
    if any(word in part.content_type for word in _PROGRAM):
        return classified(widened(_of_call(text), _xml_fields, _parser(leaf)))
    if page and not any(right_check_digit(one[0]) for one in NUMBER.finditer(text)):
        return []  # portals show agents with names and phones
    lines = f"{page_lines(text)}\n{program_lines(text)}" if page else text
    found = classified(lines_of(lines, part.name))
    kinds = {one.kind for one in found} & {"id_number", "phone", "name", "birthday", "address"}
    sure = any(one.kind == "id_number" and one.certainty in RIGHT for one in found)
    return found if sure or len(kinds) > 1 else []


def _xml_fields(text: str) -> list[Field]:
    leaf = Leaf(Part(text.encode("utf-8", "replace"), Way(), ""), "xml")
    return [Field(*one) for one in fields(leaf, most=MOST_FIELDS)]


def _of_call(text: str) -> list[Field]:
    """Fields of JSON in the call of a function (JSONP)."""
    if found := _CALL.match(text):
        return _parsed({}, found[1], "$")
    return []


def telling(found: list[Personal]) -> bool:
    """Whether there is a person in it, not circumstances alone."""
    return any(one.kind in TELLING for one in found)


def may_tell(text: bytes) -> bool:
    """Whether a name of a field of identity data may stand in a text."""
    return _stems(text)


def picture_addresses(answer: JsonDocument) -> set[str]:
    """Addresses of pictures in the answer to an upload: in JSON, or as the whole of a text."""
    if answer.data.lstrip()[:1] in {b"{", b"["}:
        found = json_fields(answer.value)
    else:
        found = [Field("$", "url", answer.data.decode("utf-8", "replace").strip())]
    named = [Field(one.path, f"image{one.key}", one.value) for one in found if "/" in one.value or "." in one.value]
    return {one.value for field in named if (one := picture(field))}


__all__ = [
    "KINDS",
    "MOST_ROWS",
    "RIGHT",
    "TEMPLATE",
    "Personal",
    "address_tail",
    "asks_about",
    "asks_in_head",
    "asks_in_headers",
    "canonical",
    "is_device_id",
    "is_id_field",
    "is_of_workbook",
    "is_overlooked",
    "is_part",
    "known_region",
    "masked",
    "may_tell",
    "names_id",
    "of_headers",
    "of_name",
    "of_parts",
    "of_target",
    "of_workbook",
    "personal",
    "picture_addresses",
    "right_check_digit",
    "settled",
    "telling",
]

"""What an event that no entry reads is, and whether it is worth telling."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from netaudit.core.masking.number_forms import known_region
from netaudit.core.signatures.field_words import named, words_of
from netaudit.core.text.patterns import later
from netaudit.events.identity.naming import plain
from netaudit.events.inference.inferred import PERSON, SHAPED, TELLING, Inferred

if TYPE_CHECKING:
    from netaudit.events.inference.context import Around
    from netaudit.events.inference.messages import RouteMessage

_COMPARED = later("simi|match|compar|verif|search|recog|xsd|ppd|bd|相似|匹配|比对")
_VISITS = later(r"visit(?!or)|arriv|laifang|daofang|到访|来访(?!者)")
_WHERE = frozenset({"device", "place"})
_SEEN = frozenset({"gender", "age", "score", "device"})
_BESIDE_ID = frozenset({"score", "device", "place", "group"})  # else an id beside a picture may be whose account it is
_MAILS = frozenset({"smtp"})
LEAST_GOODS = 2  # fields of them: one may stand in any record
_FACES = frozenset(
    {"face", "faces", "snap", "snaps", "snapshot", "snapshots", "capture", "captures", "renlian", "人脸", "抓拍"}
)
_GOODS = frozenset({
    "goods", "product", "products", "sku", "item", "items", "dish", "dishes", "menu", "listing", "listings",
    "shangpin", "商品", "菜品",
})  # fmt: skip


def is_of_things(one: Inferred, things: tuple[str, ...], around: Around) -> bool:
    """Whether it is of a vehicle in which nobody is seen, or of goods, and of a person only in passing.

    `things` are the meanings of its fields.
    """
    known = one.values.keys()
    if known & {"id_number", "person_id", "gender", "age", "birthday"}:
        return False
    if "name" not in known:
        return "yes" not in around.faces(sha256 for sha256, _ in one.images) and "plate" in things
    return not one.images and "score" not in known and things.count("goods") >= LEAST_GOODS


def kind_of_event(one: Inferred, message: RouteMessage, *, telling: bool) -> tuple[str, str]:
    """What happened, and what the sender does."""
    values, route = one.values, message.route
    person = bool(values.keys() & {"name", "id_number", "phone"})
    numbered = "person_id" in values and not _of_face(one)
    person = person or (numbered and (route.reply or bool(values.keys() & _BESIDE_ID)))
    identified = "id_number" in values and (
        values.keys() & {"birthday", "address"} or "id_photo" in dict(one.images).values()
    )
    if route.reply:
        if not person and message.outline.of_files:
            return ("retrieval", "answers") if telling else ("", "")  # what a browser fetches says nothing by itself
        if not person:  # records of somebody unknown, asked of who took their pictures
            seen = telling and "time" in values and (one.images or one.urls) and values.keys() & _SEEN
            return ("retrieval", "answers") if seen else ("", "")
        return ("retrieval" if one.images else "id_verification" if identified else "reply"), "answers"
    if route.method == "DELETE":
        return "", ""
    act = _acts(message)
    if act == "query" and (one.images or person):
        return "query", "asks"
    if act == "enrolment" and (person or numbered) and "score" not in values:
        one.images = [(sha256, "library_photo" if role == "face" else role) for sha256, role in one.images]
        return "enrolment", "pushes"
    if identified or ("id_number" in values and one.images and "score" not in values and not _is_visit(message)):
        return "id_verification", "pushes"
    compared = "score" in values and _compares(one.keys["score"])
    if one.images and person and _is_visit(message) and not compared:
        return "face_capture", "pushes"
    if one.images and (person or compared):
        return "comparison", "pushes"
    if person:
        if "score" in values and not compared and "id_number" not in values:
            return "", ""  # anything is scored
        return ("comparison" if compared else "enrolment"), "pushes"
    if one.images:
        return "face_capture", "pushes"
    seen = {"time"} <= values.keys() and values.keys() & _WHERE and values.keys() & {"gender", "age"}
    return ("face_capture", "announces") if seen or (one.urls and values.keys() & {"time", "device"}) else ("", "")


def _is_visit(message: RouteMessage) -> bool:
    """Whether words of the path or a command say that somebody came: a number beside it was not checked then."""
    outline = message.outline
    return any(_VISITS.search(message.leaves[at].value.lower()) for at in (*outline.steps, *outline.commands))


def _compares(key: str) -> bool:
    """Whether a score is called that of a comparison."""
    return _COMPARED.search(plain(key)) is not None or SHAPED["score"].holds(key)


def _of_face(one: Inferred) -> bool:
    """Whether the id is that of a face in the picture, of whom nobody is known."""
    return "score" not in one.values and plain(one.keys["person_id"]).startswith("face")


def _acts(message: RouteMessage) -> str:
    """What words of the path, or of a command, say that it does."""
    outline, leaves = message.outline, message.leaves
    words = [leaves[at].value for at in outline.steps]
    words += [leaves[at].value for at in outline.commands if len(leaves[at].value) <= 40]
    return _act_of(tuple(words))


@lru_cache(maxsize=4096)
def _act_of(words: tuple[str, ...]) -> str:
    found = {meaning.name for word in words for meaning, _ in named(word) if meaning.name.startswith("act.")}
    return "query" if "act.query" in found else "enrolment" if "act.enrolment" in found else ""


def worth(one: Inferred, around: Around) -> bool:
    """Whether it is about a person: a number, somebody beside a picture or score, a face, a picture among faces."""
    known = one.values.keys()
    if around.wanted or (around.peopled and "time" in known):
        return True
    if _is_somebodys(one) or ({"name", "person_id"} & known and ("score" in known or one.images)):
        return True
    if {"name", "phone"} <= known:
        return True
    described = bool({"time", "score"} & known) or bool(one.keys.get("device"))  # a path has a number of its own
    if one.message.route.protocol in _MAILS and not described:
        return False  # a picture in a letter
    judged = around.faces(sha256 for sha256, _ in one.images)
    if "yes" not in judged and not known & TELLING and _calls_it_goods(one):
        return False
    named = around.faces(sha256 for url in one.urls for sha256 in around.held.get(address(url), ()))
    if (judged | named) & {"yes", "possible"}:
        return True
    if not one.images:
        return described and "not judged" in named
    called = _calls_it_face(one) and (described or not one.message.route.reply)
    bare = not described and not one.message.route.reply
    among = around.shows_faces and not (bare and "no" in judged)  # who puts an album somewhere puts others, too
    return among or called or (judged == {"not judged"} and described)


def _is_somebodys(one: Inferred) -> bool:
    """Whether a number is of a person: of a known province, or with more beside it; one order in eleven has a digit."""
    if "id_number" not in one.values:
        return False
    beside = one.values.keys() & {*PERSON, "score"} - {"id_number"}
    return bool(beside or one.images) or known_region(one.values["id_number"])


def address(url: str) -> str:
    """What the address of a picture and the target of a request for it have in common."""
    path = url.partition("?")[0].partition("#")[0]
    if "://" in path[:10] or path.startswith("//"):
        path = path.partition("//")[2].partition("/")[2]
    return "/" + "/".join(unquote(one, errors="replace") for one in path.split("/") if one)


@lru_cache(maxsize=8192)
def asks_for_faces(words: str) -> bool:
    """Whether words of a command or a path ask for pictures of faces, or for snapshots."""
    return any(word.lower() in _FACES for word in words_of(words))


@lru_cache(maxsize=8192)
def _sells(words: str) -> bool:
    return any(word.lower() in _GOODS for word in words_of(words))


def _calls_it_goods(one: Inferred) -> bool:
    """Whether words of the path say that a picture is one of things to be sold."""
    leaves = one.message.leaves
    return any(_sells(leaves[at].value) for at in one.message.outline.steps)


def _calls_it_face(one: Inferred) -> bool:
    """Whether words of the path, the fields or the file say that a picture is one of a face or a capture."""
    leaves, outline = one.message.leaves, one.message.outline
    return any(asks_for_faces(leaves[at].value) for at in outline.words) or any(
        asks_for_faces(outline.keys[at]) for at in outline.pictures
    )

"""The vocabulary of judgement: each grade, act, rule and kind of finding once; `texts.yaml` has their words.

A finding is of one of KINDS, by its act, its grade and the rule that fired; whoever reads one that is of none fails
(`kind_of`). To add a kind: give it an entry here, words there and an example in `tests/findings/kinds.py`; let a
statement of the verdict tell it (`findings/statements`, with one of EXAMPLES in `tests/findings/examples.py`), and say
which papers to ask for (`findings/duties/duties.yaml`). A rule on records says how they are told (SAYINGS of
`identity.py`, words in `report/reasons.yaml`); a new figure (`Seen`) is a column, and has words in
`report/summary.yaml`, `report/texts.yaml` and `pipeline/live/texts.yaml`. `tests/findings/test_vocabulary.py` and
`test_identity.py` ask for all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from netaudit.core.text.yaml_text import yaml_of
from netaudit.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Mapping


Seen = Literal["images", "records", "templates", "contacts"]
Unseen = Literal["fitting", "together", "bytes"]
COUNTED: tuple[Seen, ...] = get_args(Seen)  # columns of findings that say what was seen, as pages list them


class Words(NamedTuple):
    """A text in both languages."""

    zh: str
    en: str


TEXTS = yaml_of(__package__, "texts.yaml")  # what is said of each entry; whoever adds one adds its words there


def words_of(group: str, name: str) -> Words:
    """The words of an entry. Raises KeyError where it has none."""
    return Words(**TEXTS[group][name])


@dataclass(frozen=True, slots=True)
class Grade:
    """How certain a finding is (`findings.certainty`)."""

    letter: str
    seen: bool  # content was seen: only then a sentence may call it a face or a record
    images: bool  # it rests on images, seen going or seen elsewhere
    colour: str  # of pages, as CSS
    style: str  # on the live screen, as rich has it

    @property
    def meaning(self) -> Words:
        """What it means: the one definition, which every page shows."""
        return Words(**yaml_of("netaudit.findings.summary", "words.yaml")["grade"][self.letter])


@dataclass(frozen=True, slots=True)
class Act:
    """What was done with an image or a record (`findings.act`)."""

    name: str
    device: Literal["sender", "receiver"]  # the end that acted: a device inside
    colour: str  # of plots, as matplotlib
    live: bool = True  # an image that goes this way is told of while it is captured, also where it is an answer

    @property
    def words(self) -> Words:
        """How it is called."""
        return words_of("act", self.name)

    def acting(self, sender: str, receiver: str) -> str:
        """The inside device that acted."""
        return sender if self.device == "sender" else receiver

    def far(self, sender: str, receiver: str) -> str:
        """The other side."""
        return receiver if self.device == "sender" else sender


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a finding; its version goes up when it judges otherwise."""

    name: str
    version: int
    grades: str  # it may claim no others

    @property
    def words(self) -> Words:
        """What it asks."""
        return words_of("finding_rule", self.name)

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding: which act, grades and rules make it, what it counts and how it is told."""

    name: str
    act: Act
    grades: str
    rules: tuple[Rule, ...]  # the first rule that a finding names is one of these
    counts: Seen | Unseen  # what a line on it says: no other figure is known
    colour: str  # letter of the grade whose colour its sentence has
    past: bool = False  # found by earlier versions only: their cases are read

    @property
    def live(self) -> Words:
        """Line of the live screen: {act}, {counts}."""
        return words_of("live", "hidden" if self.counts in ("together", "bytes") else "counted")

    @property
    def seen(self) -> bool:
        """Whether content was seen."""
        return all(GRADE[letter].seen for letter in self.grades)


GRADES = (
    Grade("A", seen=True, images=True, colour="#8c1d18", style="bold red"),
    Grade("B", seen=True, images=True, colour="#9a5b00", style="bold yellow"),
    Grade("C", seen=False, images=True, colour="#5b4a8a", style="yellow"),
    Grade("D", seen=False, images=False, colour="#3b5166", style="cyan"),
)
GRADE = {grade.letter: grade for grade in GRADES}

UPLOADED = Act("uploaded outside", "sender", "C3", live=False)
RETRIEVED = Act("retrieved from outside", "receiver", "C1")
DELIVERED = Act("delivered from outside", "receiver", "C2")
MOVED = Act("moved inside", "sender", "C0")
VIDEO = Act("video", "sender", "C4")
ACTS = (UPLOADED, RETRIEVED, DELIVERED, MOVED, VIDEO)  # gravest first
ACT = {act.name: act for act in ACTS}

FACE_IN_CLEAR = Rule("face-image-in-clear", 2, "AB")
IDENTITY_IN_CLEAR = Rule("identity-in-clear", 1, "AB")
TEMPLATE_IN_CLEAR = Rule("biometric-template-in-clear", 1, "AB")
PERSON_IN_CLEAR = Rule("person-in-clear", 1, "B")
RELAYED = Rule("relayed-by-size-and-time", 2, "C")
RELAYED_COUNT = Rule("relayed-count", 1, "C")
GO_TOGETHER = Rule("go-together", 1, "D")
FOLLOW_PICTURES = Rule("follow-pictures", 1, "D")
SHAPED_ENCRYPTED = Rule("upload-shaped-encrypted", 6, "D")
KNOWN_SERVICE = Rule("known-service-encrypted", 5, "D")
ANSWERED = Rule("answers-encrypted", 1, "D")
SHAPED_OPAQUE = Rule("upload-shaped-opaque", 1, "D")
SCATTERED = Rule("upload-scattered", 1, "D")
LOCKED = Rule("locked-files", 1, "D")
RULES = (
    FACE_IN_CLEAR, IDENTITY_IN_CLEAR, TEMPLATE_IN_CLEAR, PERSON_IN_CLEAR, RELAYED, RELAYED_COUNT,
    GO_TOGETHER, FOLLOW_PICTURES,
    SHAPED_ENCRYPTED, KNOWN_SERVICE, ANSWERED, SHAPED_OPAQUE, SCATTERED, LOCKED,
)  # fmt: skip
IN_CLEAR = (FACE_IN_CLEAR, IDENTITY_IN_CLEAR)


def _without_images(act: Act, name: str) -> tuple[Kind, Kind]:
    """Kinds of what went that way without an image: templates, and names with phone numbers."""
    colour = "B" if act == MOVED else "A"
    return (
        Kind(f"templates_{name}", act, "AB", (TEMPLATE_IN_CLEAR,), "templates", colour),
        Kind(f"contacts_{name}", act, "B", (PERSON_IN_CLEAR,), "contacts", "B"),
    )


KINDS = (  # in the order of a first page
    Kind("uploaded", UPLOADED, "AB", IN_CLEAR, "images", "A"),
    Kind("retrieved", RETRIEVED, "AB", IN_CLEAR, "images", "A"),
    Kind("delivered", DELIVERED, "AB", IN_CLEAR, "images", "A"),
    *_without_images(UPLOADED, "uploaded"),
    *_without_images(RETRIEVED, "retrieved"),
    *_without_images(DELIVERED, "delivered"),
    Kind("matched", UPLOADED, "C", (RELAYED,), "fitting", "C"),
    Kind("counted", UPLOADED, "C", (RELAYED_COUNT,), "bytes", "C", past=True),
    Kind("together", UPLOADED, "D", (GO_TOGETHER,), "together", "D"),
    Kind("following", UPLOADED, "D", (FOLLOW_PICTURES,), "together", "D"),
    Kind(
        "hidden",
        UPLOADED,
        "D",
        (SHAPED_ENCRYPTED, KNOWN_SERVICE, ANSWERED, SHAPED_OPAQUE, SCATTERED, LOCKED),
        "bytes",
        "D",
    ),
    Kind("moved", MOVED, "AB", IN_CLEAR, "images", "B"),
    *_without_images(MOVED, "moved"),
    Kind("video", VIDEO, "AB", (FACE_IN_CLEAR,), "images", "B"),
)
KIND = {kind.name: kind for kind in KINDS}


def kind_of(finding: Mapping[str, Any]) -> Kind:
    """The kind of a row of `findings` (act, certainty, rule). Raises CaseError where it is of none that is known here.

    Versions of rules do not count, so that cases of earlier versions are read.
    """
    rule = str(finding["rule"] or "").partition(" ")[0].partition("/")[0]
    for kind in KINDS:
        fits = finding["act"] == kind.act.name and finding["certainty"] in tuple(kind.grades)
        if fits and any(rule == one.name for one in kind.rules):
            return kind
    shown = ", ".join(str(finding[name]) for name in ("certainty", "act", "rule"))
    raise CaseError("a finding is of no kind that this version knows: {}", shown)


def grade_of(finding: Mapping[str, Any]) -> Grade:
    """The grade of a row of `findings`. Raises CaseError where there is none."""
    grade = GRADE.get(finding["certainty"])
    if grade is None:
        raise CaseError("a finding is of a grade that this version does not know: {}", finding["certainty"])
    return grade


def words() -> dict[str, dict[str, str]]:
    """All words of the vocabulary by the keys of the report's catalogue."""
    found = {f"act.{act.name}": act.words for act in ACTS}
    found |= {f"certainty.{grade.letter}": grade.meaning for grade in GRADES}
    found |= {
        f"class.{name}": Words(**words)
        for name, words in yaml_of("netaudit.findings.summary", "words.yaml")["class"].items()
    }
    found |= {f"finding_rule.{rule.name}": rule.words for rule in RULES}
    return {key: wording._asdict() for key, wording in found.items()}

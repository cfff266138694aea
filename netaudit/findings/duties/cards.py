"""Load the legal cards, check them against the kinds of findings, and word them.

`problems` lists what is wrong with a file of cards; a test requires none for the shipped file.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netaudit.core.text.bilingual import speaker
from netaudit.core.text.yaml_text import yaml_of
from netaudit.findings.vocabulary import KIND, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netaudit.core.text.bilingual import Texts

LANGS = ("zh", "en")
GRADES = ("official", "unchecked")
OFFICIAL = re.compile(r"(^|[ /（(.])(gov|npc\.gov)\.cn|令第|Order No|GB/T")  # what a source may be
JUDGING = re.compile(r"\billegal|\bunlawful|\bviolat|\boffen[cs]e|\bguilty|违法|非法|违规|侵权|犯罪", re.IGNORECASE)
HOME = frozenset({"", "CN"})
TEXTS: Texts = yaml_of(__package__, "texts.yaml")
say = speaker(TEXTS)


@dataclass(frozen=True, slots=True)
class Card:
    """The legal card of one kind of finding, in one language."""

    kind: str
    heading: str
    shows: str
    not_shown: str
    articles: list[dict[str, str]]  # name, says, source
    papers: list[str]


@functools.cache
def duties() -> dict[str, Any]:
    """Load the shipped file of cards."""
    found: dict[str, Any] = yaml_of(__package__, "duties.yaml")
    return found


def problems(given: Mapping[str, Any]) -> list[str]:
    """List what is wrong with a file of cards, one sentence each."""
    used = {_key(kind, given["cards"]) for kind in KIND}
    found = [f"no card for {one}" for one in sorted(used - given["cards"].keys())]
    found += [f"card for {one}: no such kind of finding" for one in given["cards"] if one not in used]
    found += [f"{one}: does not say what it is about" for one, card in given["cards"].items() if not card.get("about")]
    for name, article in given["articles"].items():
        graded = article.get("grade")
        if graded not in GRADES:
            found.append(f"{name}: grade {graded}")
        if not all(OFFICIAL.search(text) for text in (article.get("source") or {"": ""}).values()):
            found.append(f"{name}: no official source")
        found += _spoken(name, article, ("law", "says", "source"))
    for kind, card in [*given["cards"].items(), ("abroad", given["abroad"]), ("stored", given["stored"])]:
        found += [f"{kind}: no article {one}" for one in card["articles"] if one not in given["articles"]]
        found += [f"{kind}: no paper {one}" for one in card["ask"] if one not in given["papers"]]
        found += _spoken(kind, card, ("about", "shows", "not"))
    found += [one for name, words in given["papers"].items() for one in _spoken(name, {"": words}, ("",))]
    return found


def _key(kind: str, cards: Mapping[str, Any]) -> str:
    """Return the name of the card of a kind: its own, or that of its family (templates_uploaded: templates)."""
    family = kind.partition("_")[0]
    return family if kind not in cards and family in cards else kind


def _spoken(name: str, of: Mapping[str, Any], keys: tuple[str, ...]) -> list[str]:
    """List texts that lack a language or contain a judgement."""
    found = []
    for key in keys:
        words = of.get(key)
        if words is None:
            continue
        if set(words) != set(LANGS) or not all(words.values()):
            found.append(f"{name}.{key}: not in both languages")
        elif any(JUDGING.search(text) for text in words.values()):
            found.append(f"{name}.{key}: judges")
    return found


def cards_of(findings: Iterable[Mapping[str, Any]], countries: Mapping[str, str], lang: str) -> list[Card]:
    """Return the cards of the kinds in `findings`; `countries` maps endpoint addresses to country codes.

    Raises CaseError for a finding of unknown kind.
    """
    far: dict[str, bool] = {}
    for row in findings:
        name = kind_of(row).name
        abroad = countries.get(str(row["endpoint_id"]) or "", "") not in HOME
        far[name] = far.get(name, False) or abroad
    return [card(name, lang, abroad=far[name]) for name in KIND if name in far]


def card(kind: str, lang: str, *, abroad: bool = False) -> Card:
    """Return the card of a kind. Raises KeyError if there is none."""
    given = duties()
    of = given["cards"][_key(kind, given["cards"])]
    more = given["abroad"] if abroad else {"articles": [], "ask": []}
    heading = [of["about"][lang], KIND[kind].act.words._asdict()[lang], "/".join(KIND[kind].grades)]
    return Card(
        kind,
        " · ".join([*heading, say("abroad", lang)] if abroad else heading),
        of["shows"][lang],
        of["not"][lang],
        [article(name, lang) for name in (*of["articles"], *more["articles"])],
        [given["papers"][name][lang] for name in (*of["ask"], *more["ask"])],
    )


def article(name: str, lang: str) -> dict[str, str]:
    """An article as shown: its name, its content, its source and whether the wording was checked."""
    given = duties()["articles"][name]
    law, number = given["law"][lang], given["number"]
    key = "article" if number.isdigit() else "clause"
    grade = say(f"grade.{given['grade']}", lang)
    return {
        "name": say(key, lang, law=law, number=number).strip().rstrip(","),
        "says": given["says"][lang],
        "source": say("source", lang, grade=grade, source=given["source"][lang]),
    }


def edition(lang: str) -> str:
    """Return the version of the cards, worded."""
    return say("version", lang, version=duties()["version"], read=duties()["read"])

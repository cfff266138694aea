"""No sentence that a reader is shown claims more than was measured, in either language.

Nothing is called complete, nobody is said to have meant something, nobody is said to be somebody, nothing is called
unlawful, and what is told of certainty C and D never says "face". A sentence that needs such a word to deny it stands
in ALLOWED with its reason; an entry that is needed no more fails.
"""

from __future__ import annotations

import re
from contextlib import suppress
from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from yaml import safe_load

from netaudit.browse import texts as browse_texts
from netaudit.cli import campaign as cli_campaign
from netaudit.cli import doctoring
from netaudit.cli import texts as cli_texts
from netaudit.findings.duties import cards as duty_cards
from netaudit.findings.ledgers import LEDGERS
from netaudit.findings.recheck import saying as recheck_saying
from netaudit.findings.summary.sentences import WORDS
from netaudit.pipeline.campaign import report_texts as campaign_texts
from netaudit.pipeline.live import wording as live_wording
from netaudit.report.exports import record as papers_texts
from netaudit.report.texts import catalogue, flatten
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = {
    "completeness": (
        (
            r"(?<!not )\ball (?:faces|face images|persons|people|devices|identity)\b|\bevery (?:face|person|device)\b|\bcomplete list\b"
            r"|\bnothing else\b|\bclean bill of health\b"
        ),
        "全部人脸|所有人脸|所有人员|全部设备|所有设备|没有其他|不存在其他|一切正常",
    ),
    "intent": (
        (
            r"\bintent(?:ion|ional|ionally)?\b|\bdeliberate|\bsecretly\b|\bin secret\b|\bin order to\b|\bused to (?:judge|decide|tell)\b"
            r"|\bserves? to\b|\bdata serve\b|\bpurpose of the collection\b"
        ),
        "故意|意图|企图|目的是|用于判断|用来判断|偷偷|私自|擅自",
    ),
    "identity of a person": (
        r"\bsame person\b|\bone person\b|\b(?:is|was|were) (?:identified|recogni[sz]ed)\b|\bidentity of the person is\b|\bthis person\b",
        "同一人|同一个人|系本人|为本人|确认身份|身份确认|此人",
    ),
    "law": (r"\billegal|\bunlawful|\bviolat|\boffen[cs]e\b|\bguilty\b", "违法|非法|违规|侵权|犯罪"),
}
CATALOGUES = {
    "cli": cli_texts.TEXTS,
    "live": live_wording.TEXTS,
    "browse": browse_texts.TEXTS,
    "papers": papers_texts.TEXTS,
    "recheck": recheck_saying.TEXTS,
    "duties": duty_cards.TEXTS,
    "campaign": campaign_texts.TEXTS,
    "cli.campaign": cli_campaign.TEXTS,
    "doctor.states": doctoring.STATES,
    "doctor.names": doctoring.NAMES,
    "doctor.remedies": doctoring.REMEDIES,
    "doctor.endings": doctoring.ENDINGS,
}
HIDDEN = re.compile(r"^(?:encrypted|burst|certainty\.[CD]|reason\.encrypted|statement\.(?:hidden|matched)|hidden)")
FACE = (r"\bface", "人脸")
ALLOWED = {
    ("law", "summary.meaning.transfer_seen"): "says that nothing is said of it",
    ("law", "summary.not_assessed.always"): "says that nothing is said of it",
    ("face", "summary.encrypted.faces"): "of images that were seen, not of what was sent",
    ("face", "summary.encrypted.fits"): "names how many images showed a face where they were seen",
    ("face", "summary.encrypted.no_faces"): "of images that were seen, not of what was sent",
    ("completeness", "report.findings_none"): "says that no finding is none",
    ("completeness", "report.limit.clean"): "says that no finding is none",
    ("completeness", "report.live_filter"): "of the recording alone: what the filter let by was not recorded",
    ("identity of a person", "report.method.face"): "says that nobody is identified",
    ("identity of a person", "report.persons_intro"): "says that numbers are not persons",
    ("identity of a person", "report.limit.people"): "says that images are not persons",
    ("identity of a person", "report.tie.same person id"): "two documents give the same id; whose it is is not said",
    ("face", "report.encrypted_intro"): "forbids the word",
}


ALLOWED_IN_README = {"is not a clean bill of health": "says that no finding is none"}
RECOGNISERS = (
    "face-recognition", "face_recognition", "insightface", "deepface", "facenet", "arcface", "dlib", "mediapipe",
    "sface", "openface", "retinaface", "torch", "tensorflow", "keras",
)  # fmt: skip


def sentences() -> Iterator[tuple[str, str, str]]:
    """Key, English, Chinese of every sentence that is shown."""
    for key, words in catalogue().items():
        yield f"report.{key}", words["en"], words["zh"]
    for place, table in CATALOGUES.items():
        for key, words in table.items():
            yield f"{place}.{key}", words["en"], words["zh"]
    for ledger in LEDGERS:
        for key, words in ledger.reasons.items():
            yield f"ledger.{ledger.name}.{key}", words["en"], words["zh"]
    for key, words in flatten({name: some for name, some in WORDS.items() if name != "class"}).items():
        yield f"summary.{key}", words["en"], words["zh"]


def files_of_texts() -> dict[str, list[str]]:
    """Every string of every file of texts, keys too, by the file; those of the report have names of their own."""
    files = sorted((ROOT / "netaudit").rglob("*.yaml"))
    return {
        str(file.relative_to(ROOT / "netaudit")): list(_strings(safe_load(file.read_text("utf-8"))))
        for file in files
        if file.name not in {"texts.yaml", "words.yaml"}  # these are looked at sentence by sentence
    }


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def hits() -> set[tuple[str, str]]:
    """Rule and key of every sentence that a rule speaks against."""
    found = set()
    for key, en, zh in sentences():
        for rule, (english, chinese) in RULES.items():
            if re.search(english, en, re.IGNORECASE) or re.search(chinese, zh):
                found.add((rule, key))
        inner = key if key.startswith("statement.") else key.partition(".")[2]
        if HIDDEN.match(inner) and (re.search(FACE[0], en, re.IGNORECASE) or FACE[1] in zh):
            found.add(("face", key))
    return found


def test_no_sentence_claims_more_than_was_measured() -> None:
    assert sorted(hits() - set(ALLOWED)) == []


def test_no_file_of_texts_claims_more() -> None:
    files = files_of_texts()
    assert {"cli/chinese.yaml", "report/meanings.yaml", "report/chinese.yaml", "report/summary.yaml"} <= files.keys()
    wrong = [
        (file, rule, text)
        for file, texts in files.items()
        for text in texts
        for rule, (english, chinese) in RULES.items()
        if re.search(english, text, re.IGNORECASE) or re.search(chinese, text)
    ]
    assert wrong == []


def test_no_exception_is_stale() -> None:
    assert sorted(set(ALLOWED) - hits()) == []
    assert all(ALLOWED.values())


def test_the_linter_sees_what_it_is_for() -> None:
    wrong = {
        "completeness": ("All faces were found", "已找到所有人脸"),
        "intent": ("They were used to judge customers", "用于判断客户"),
        "identity of a person": ("It is the same person", "系同一人"),
        "law": ("This is illegal", "属违法行为"),
    }
    for rule, (en, zh) in wrong.items():
        english, chinese = RULES[rule]
        assert re.search(english, en, re.IGNORECASE), rule
        assert re.search(chinese, zh), rule


def test_there_is_enough_to_look_at() -> None:
    assert sum(1 for _ in sentences()) > 1000


@pytest.mark.parametrize("place", ["pyproject.toml", "constraints.txt"])
def test_nothing_that_recognises_faces_is_ever_depended_on(place: str) -> None:
    """Faces are found, never compared: no library or model that makes embeddings of them may come in."""
    text = (ROOT / place).read_text(encoding="utf-8").lower()
    assert [name for name in RECOGNISERS if re.search(rf"(?m)^\W*{re.escape(name)}\b", text)] == []


def test_nothing_that_recognises_faces_comes_with_what_is_depended_on() -> None:
    """Whatever is installed for netaudit or one of its extras, and for these, and so on."""
    seen: set[str] = set()
    ours = "netaudit-forensics"
    asked = [ours]
    while asked:
        name = asked.pop()
        with suppress(metadata.PackageNotFoundError):
            for needed in metadata.requires(name) or ():
                other = re.split(r"[^\w.-]", needed, maxsplit=1)[0].lower().replace("_", "-")
                wanted = "extra ==" not in needed or name == ours  # extras of others are not asked for
                if other not in seen and wanted:
                    seen.add(other)
                    asked.append(other)
    assert len(seen) > 20
    assert [name for name in seen if any(name.startswith(one.replace("_", "-")) for one in RECOGNISERS)] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_what_is_read_first_claims_no_more(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    found = [
        (rule, line)
        for line in text.splitlines()
        for rule, (english, chinese) in RULES.items()
        if re.search(english, line, re.IGNORECASE) or re.search(chinese, line)
    ]
    assert [line for _, line in found if not any(words in line for words in ALLOWED_IN_README)] == []


def test_no_code_asks_for_an_embedding() -> None:
    words = re.compile(
        r"FaceRecognizerSF|faceRecognizer|alignCrop|face_encodings|get_embedding|cosine_?similarity", re.IGNORECASE
    )
    found = [path.name for path in (ROOT / "netaudit").rglob("*.py") if words.search(path.read_text(encoding="utf-8"))]
    assert found == []

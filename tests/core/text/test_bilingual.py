"""What the command line and the live screen say is there in both languages, agrees in its places, and is used."""

from __future__ import annotations

import re
import string

import pytest

from netaudit.cli import texts
from netaudit.core.text.bilingual import speaker
from netaudit.core.text.yaml_text import yaml_of
from netaudit.findings.vocabulary import COUNTED
from netaudit.pipeline.live import wording
from netaudit.report.texts import flatten
from tests.conftest import ROOT

CATALOGUES = {"cli": texts.TEXTS, "pipeline/live": wording.TEXTS}
MADE_UP = (
    "removed_",
    "anew_",
    "next_",
    "note_",
    "level_",
    "face_",
    "none_",
    "anew_",
    "link_",
    "may_send_",
    "verify_",
    "custody_",
    "no_",
    "allow_",
    "trace_",
    "repeat_",
    "integrity_",
    "exit_",
    "code_",
)  # keys put together


SAID = [
    *(
        f"netaudit.{room}/texts.yaml"
        for room in ("browse", "cli", "pipeline.campaign", "pipeline.live", "report", "report.exports")
    ),
    *(f"netaudit.cli/{name}.yaml" for name in ("campaign", "doctoring")),
]


@pytest.mark.parametrize("file", SAID)
def test_both_languages_have_the_same_places(file: str) -> None:
    package, _, name = file.partition("/")
    for key, words in flatten(yaml_of(package, name)).items():
        assert set(words) == {"en", "zh"}, key
        places = [{name for _, name, _, _ in string.Formatter().parse(words[lang]) if name} for lang in words]
        assert places[0] == places[1], key
        if words["zh"] and key != "keys":
            assert not re.search("[\u4e00-\u9fff][,;:?!]", words["zh"]), key


@pytest.mark.parametrize("place", CATALOGUES)
def test_no_text_is_left_unused(place: str) -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "netaudit" / place).glob("*.py"))
    for key in CATALOGUES[place]:
        used = re.search(rf"""["']{re.escape(key)}["']""", source)
        assert used or key.startswith(MADE_UP) or key in PANELS or key in COUNTED, key


PANELS = ("alerts", "uploads", "devices", "endpoints", "notes")


def test_what_is_missing_is_an_error() -> None:
    say = speaker({"a": {"en": "{n} {{", "zh": "{n} 个"}, "b": {"en": "x", "zh": "y"}})
    assert (say("a", "en", n=3), say("a", "zh", n=3), say("b", "zh")) == ("3 {", "3 个", "y")
    for wrong in (lambda: say("c", "en"), lambda: say("a", "fr", n=1), lambda: say("a", "en", m=1)):
        with pytest.raises(KeyError):
            wrong()

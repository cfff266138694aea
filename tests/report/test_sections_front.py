"""The first sentence of a report says no more than all findings bear."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from netaudit.findings.vocabulary import KINDS
from netaudit.report.leads import Lead
from netaudit.report.sections_front import Way, _left
from netaudit.report.texts import Texts

FITTING = next(kind for kind in KINDS if kind.counts == "fitting")
HIDDEN = next(kind for kind in KINDS if kind.counts == "bytes")
MOVED = next(kind for kind in KINDS if kind.name == "moved")


@pytest.mark.parametrize(
    ("hidden", "en", "zh"),
    [
        ([], "they were not seen to leave", "没有看到它们传出"),
        ([Lead(FITTING, fitting=7), Lead(HIDDEN)], "fit 7 images seen in clear inside", "7 张次图像相符"),
        ([Lead(HIDDEN)], "there were encrypted uploads as well", "另有加密上传"),
    ],
)
def test_what_moved_inside_is_not_called_kept_where_uploads_fit_it(hidden: list[Lead], en: str, zh: str) -> None:
    every = [Way(Lead(MOVED)), *map(Way, hidden)]
    for lang, words in (("en", en), ("zh", zh)):
        assert words in _left(every, SimpleNamespace(t=Texts(lang), number=str))  # type: ignore[arg-type]

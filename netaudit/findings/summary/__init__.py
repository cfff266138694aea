"""The summary of a case: one plain-data account that every output renders.

`summarise` builds a `Summary` from the tables of a case. `Sentences` turns it into text in English or Chinese with the
templates of `words.yaml`. The terminal, the report, the docx record, `browse`, `--json`, `live` and the Python API all
use these two; none of them composes sentences about findings of its own.
"""

from __future__ import annotations

from netaudit.findings.summary.model import Summary
from netaudit.findings.summary.sentences import Sentences
from netaudit.findings.summary.summarise import each_transfer, finding_sentence, summarise

__all__ = ["Sentences", "Summary", "each_transfer", "finding_sentence", "summarise"]

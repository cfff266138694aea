"""Words that are no names of persons, though they stand where a name may stand; and what Chinese names begin with.

Used by `mask.py`: a file name that a capture chose freely keeps what is known here, and loses the rest.
"""

from __future__ import annotations

import re

from netaudit.core.text.patterns import later
from netaudit.core.text.yaml_text import yaml_of

_SAID = {name: words.split() for name, words in yaml_of(__package__, "words.yaml").items()}
FAMILY, COMPOUND = frozenset(_SAID["family"]), frozenset(_SAID["compound"])
CHINESE_WORDS, ASCII_WORDS = frozenset(_SAID["chinese"]), frozenset(_SAID["ascii"])
LONGEST_WORD = max(map(len, CHINESE_WORDS))
_INITIALS = "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
_FINALS = (
    "(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|uo|ui|ue|ve|er|a|o|e|i|u|v)"
)
_SYLLABLE = f"(?:{_INITIALS}{_FINALS})"
PINYIN = later(f"{_SYLLABLE}{{1,4}}", re.IGNORECASE)
_SURNAME = "|".join(sorted(_SAID["surnames"], key=len, reverse=True))
PINYIN_NAME = later(
    rf"(?<![A-Za-z\\%*])(?:{_SURNAME})[._-]?{_SYLLABLE}(?:[._-]?{_SYLLABLE})?(?![A-Za-z*])", re.IGNORECASE
)
"""A family name and one or two syllables in Latin letters; many words look so, those of ASCII_WORDS among them."""

"""Whether a value says how a comparison or a door decided, in whatever word a maker or a language has for it."""

from __future__ import annotations

import re

from netaudit.core.text.yaml_text import yaml_of

LONGEST = 48  # characters
_HAN = re.compile(
    "(?:人证|人脸|身份|证件|活体|人员)?(?:比对|核验|验证|认证|识别|匹配|校验|核对|审核|刷脸|开门)?(?:结果)?[:：]?"
    "(?:一致|不一致|成功|失败|通过|未通过|不通过|相符|不相符|不符|匹配|不匹配|未匹配|比中|未比中|命中|未命中|合格|不合格|"
    "放行|已放行|拒绝|已拒绝|拒绝放行|拒绝通行|允许|不允许|准许|准入|禁止|禁止通行|允许通行|本人|非本人|同一人|非同一人)"
)
_ALONE = frozenset({"成功", "失败", "本人"})  # which say so of many things
_WORDS = re.compile(r"[^\W\d_]+")
_DECIDES, _MAY_STAND = (
    frozenset(yaml_of(__package__, "words.yaml")[name].casefold().split()) for name in ("decides", "beside_decision")
)


def is_verdict(text: str) -> bool:
    """Whether a value says that a comparison, or a door, let somebody through or did not."""
    text = text.strip()
    if not text or len(text) > LONGEST or any(map(str.isdigit, text)):
        return False
    if _HAN.fullmatch(text):
        return text not in _ALONE
    words = [word.casefold() for word in _WORDS.findall(text)]
    return not _DECIDES.isdisjoint(words) and all(word in _DECIDES or word in _MAY_STAND for word in words)

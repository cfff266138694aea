"""Masking of values beside identity keys (name=, idcard=, 姓名= …) in query strings, key=value texts and JSON."""

from __future__ import annotations

import re
from urllib.parse import quote

from netaudit.core.text.patterns import later

# identity keys of facts 0.2 and their spellings, in query strings, key=value texts and JSON
_KEYS = (
    "id_?number|id_?num|id_?card(?:_?(?:no|num|number))?|identity_?(?:no|card|number)|certificate_?(?:number|no)|cert_?(?:no|num)"
    "|citizen_?id(?:_?no)?|card_?(?:no|name|num)|(?:persi?on|real|user|customer|client|cust|full|nick|cn)_?name|name|xm|sfz(?:h|hm)?"
    "|user_info|phone(?:_?(?:no|num|number))?|mobile(?:_?(?:no|num|number|phone))?|tel(?:_?(?:no|num|number|phone))?|telnum"
    "|birth(?:day|date)?|(?:residential_?)?address|email|password|passwd|pwd|passport(?:_?(?:no|num|number))?"
    "|(?:access|refresh|auth|session)_?token|(?:client|app)_?secret"  # who holds them acts as their owner
    "|plate(?:_?(?:no|num|number))?|licen[sc]e_?plate"
)
_CHINESE_KEYS = """
姓名 名字 客户姓名 业主姓名 真实姓名 身份证 身份证号 身份证号码 证件号 证件号码 手机 手机号 手机号码 电话 联系电话
联系方式 住址 地址 家庭住址 出生日期 生日 车牌 车牌号 护照号 银行卡号 邮箱 密码
"""
_SPELT = "|".join(
    re.escape(spelling)
    for key in sorted(_CHINESE_KEYS.split(), key=len, reverse=True)
    for spelling in (key, quote(key), quote(key, encoding="gbk"))
)
_SIGN = r"(?:\\?[\"']|%22)?\s?(?:=|:|：|＝|%3[DdAa])\s?"
_KEY = rf"((?:(?<![A-Za-z0-9_])|(?<=%22)|(?<=%26))(?:{_KEYS}){_SIGN}"
_CHINESE_KEY = rf"((?:{_SPELT}){_SIGN}"
_VALUE = r")((?:(?!%26|%22)[^&\s;,\"'<>{}\\，；。、])++)"
_QUOTED_VALUE = r"(?:\\?[\"']|%22))((?:(?!\\?[\"']|%22).)++)"
_KEYED = later(f"{_KEY})", re.IGNORECASE)
_QUOTED = later(_KEY + _QUOTED_VALUE, re.IGNORECASE | re.DOTALL)
_BARE = later(_KEY + _VALUE, re.IGNORECASE)
_CHINESE_KEYED = later(f"{_CHINESE_KEY})", re.IGNORECASE)
_CHINESE_QUOTED = later(_CHINESE_KEY + _QUOTED_VALUE, re.IGNORECASE | re.DOTALL)
_CHINESE_BARE = later(_CHINESE_KEY + _VALUE, re.IGNORECASE)


def mask_values(text: str) -> str:
    """The text with stars for the values of identity keys."""
    if ("=" in text or ":" in text or "%3" in text) and _KEYED.search(text):
        text = _BARE.sub(r"\1***", _QUOTED.sub(r"\1***", text))
    if ("%" in text or not text.isascii()) and _CHINESE_KEYED.search(text):
        text = _CHINESE_BARE.sub(r"\1***", _CHINESE_QUOTED.sub(r"\1***", text))
    return text

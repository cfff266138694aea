"""Which way somebody passed a door, in whatever word a maker or a language has for it."""

from __future__ import annotations

import re
import unicodedata

IN, OUT = "in", "out"
_IN = (
    "in i enter entered entering entry entrance entr inbound inward inwards incoming ingress checkin "
    "clockin signin arrive arrived arrival entrada entrar entra ingreso ingresa entree entrer entrant "
    "eingang eintritt hinein kommen kommt giris girdi giren vao den masuk entrata ingresso entrato вход "
    "вошел вошёл въезд приход vkhod vhod voshel prihod prikhod jinru jinmen jinchang ruchang "
    "qianru qiandao shangban 进 入 进入 进门 进场 入场 入内 入口 进口 签入 签到 上班 登入 来访 进厂 进站 "
    "入园 入所 입장 입실 출근 들어옴 입 진입 入場 入室 入館 出勤 دخول الدخول داخل dukhul dukhool dakhil "
    "wejscie przyjazd przyszedl wchodzi masukkan "
    "ind indgang ankomst ankommet inn inngang ingang inkommen ingang binnen sisaan sisaankaynti saapui sisse "
    "sissepaas "
    "iekša ieeja ienaca iejimas iejo vstup prichod dovnitr dnu vhod prihod ulaz ulazak dolazak улаз долазак "
    "intrare intrat "
    "be belepes erkezes εισοδος εισηλθε влизане вхід прихід уваход прыход кіру кірді кирүү кирди kirish kirdi giriş "
    "giris girish كىرىش كىردى орох орсон даромад შესვლა შემოსვლა მოსვლა մուտք ներս כניסה נכנס ورود داخلہ "
    "प्रवेश अंदर प्रवेश প্রবেশ ভিতরে உள்ளே நுழைவு เข้า ขาเข้า ເຂົ້າ ចូល ဝင် pasok papasok kuingia "
    "ནང་འཛུལ arribada влез 上班打卡 上班签到 入馆 进园 进馆 入厂 入校 进校 到岗 上工"
)
_OUT = (
    "out o exit exited exiting leave leaving outbound outward outwards outgoing egress checkout clockout "
    "signout depart departed departure salida salir sale egreso egresa saida sair sai sortie sortir "
    "sortant ausgang austritt hinaus gehen geht cikis cikti cikan ra roi keluar uscita uscito выход вышел "
    "выезд уход vykhod vyhod vyshel uhod ukhod likai chumen chuchang lichang qianchu qianli qiantui "
    "xiaban 出 离 离开 外出 出门 出场 离场 出口 签出 签离 签退 下班 登出 出厂 出站 出园 离所 퇴장 퇴실 "
    "퇴근 나감 퇴 진출 退場 退室 退館 退勤 خروج الخروج خارج khuruj khurooj kharij wyjscie wyjazd wyszedl "
    "ud udgang afgang ut utgang utgaende ute uit uitgang vertrek ulos poistui valja lahkus ara izeja izgaja isejimas "
    "isejo vystup odchod ven von izhod odhod izlaz izlazak odlazak излаз одлазак iesire iesit ki kilepes tavozas "
    "εξοδος "
    "εξηλθε излизане вихід відхід выхад сыход шығу шықты чыгуу чыкты chiqish chiqdi çıxış cikis چىقىش چىقتى гарах "
    "гарсан "
    "баромад გასვლა წასვლა ելք דור יציאה יצא خروجی اخراج निकास बाहर প্রস্থান বাহির வெளியே வெளியேறு ออก ขาออก ອອກ ចេញ "
    "ထွက် labas palabas kutoka çykyş ཕྱིར་ཐོན sortida излез 下班打卡 下班签退 出馆 离园 离馆 出校 离校 离厂 离岗 下工"
)
_BESIDE = (  # words that may stand beside the one that says it, and change nothing
    "door gate lane point reader channel direction dir way type mode event pass passed passage access scan card face "
    "break overtime shift duty work building site area hall lobby room office zone open opened normal success ok "
    "门 口 方向 通道 闸机 刷卡 刷脸 正常 成功 通过 通行 方式 类型 дверь проход porta puerta tor tur kapi cua"
)
_PARTS = re.compile(r"[^\W\d_A-Z]+|[A-Z]+[^\W\d_A-Z]*")
_CODE = re.compile(r"\d{1,3}", re.ASCII)


def _folded(text: str) -> str:
    """A text in small letters without marks and separators."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in bare if not unicodedata.combining(char)).replace("ı", "i").replace("đ", "d")
    return unicodedata.normalize("NFC", bare)


_ALLOWED = frozenset(_BESIDE.split())
_WAYS = {_folded(word): IN for word in _IN.split()} | {_folded(word): OUT for word in _OUT.split()}


def way_of(text: str) -> str:
    """`in` or `out` where a value says so, in a word or with what may stand beside it; else the empty string.

    Any other word may turn it round: entry denied, not in, out of order.
    """
    if not text or len(text) > 32:
        return ""
    words = [_folded(word) for word in _PARTS.findall(text)]
    if known := _WAYS.get("".join(words)):
        return known
    found = {_WAYS[word] for word in words if word in _WAYS}
    return found.pop() if len(found) == 1 and all(word in _WAYS or word in _ALLOWED for word in words) else ""


def may_be_way(text: str) -> bool:
    """Whether a value may say a direction where its field is called one: a word for it, or a short code."""
    return bool(way_of(text)) or _CODE.fullmatch(text) is not None

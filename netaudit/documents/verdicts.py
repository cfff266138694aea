"""Whether a value says how a comparison or a door decided, in whatever word a maker or a language has for it."""

from __future__ import annotations

import re

LONGEST = 48  # characters
_DECISIONS = (
    "match matched matches mismatch unmatched granted grant allow allowed admit admitted accepted permit permitted "
    "approved verified unverified identified unidentified recognized recognised unrecognized unrecognised authorized "
    "authorised unauthorized unauthorised unlocked denied deny refused refuse rejected reject forbidden blocked "
    "identical "  # of English
    "совпало совпадает совпадение совпал разрешен разрешён разрешено запрещен запрещён запрещено отказано отказ "
    "опознан распознан sovpalo razreshen zapreshchen otkazano совпада съвпада разрешено забранено отказан "
    "збіг збігається дозволено заборонено відмовлено супадае дазволена забаронена подударно дозвољено одбијено "
    "coincide coinciden permitido permitida denegado denegada autorizado autorizada rechazado concedido negado "
    "liberado "
    "corresponde correspond concordant autorisé refusé accordé accorde autorise refuse correspondant coincideix "
    "permès denegat zugelassen abgelehnt verweigert gewährt erlaubt übereinstimmung stimmt consentito consentita "
    "negata "
    "autorizzato rifiutato corrisponde corrispondente eşleşti eşleşmedi onaylandı reddedildi "
    "corespunde potriveste permis respins refuzat zgodny niezgodny zgodność przyznano odmowa odmówiono dozwolony "
    "shoda neshoda povoleno zamítnuto odepřen zhoda nezhoda povolené zamietnuté odmietnuté ujemanje dovoljeno "
    "zavrnjeno "
    "podudaranje odobreno odbijeno dozvoljeno egyezik engedélyezve elutasítva megtagadva täsmää hyväksytty hylätty "
    "evätty sallittu vastab lubatud keelatud atbilst atļauts liegts atitinka leista atmesta matchar beviljad nekad "
    "innvilget avslått godkjent nektet givet nægtet godkendt afvist toegestaan geweigerd overeenkomst "
    "ταιριάζει επιτρέπεται επετράπη απορρίφθηκε תואם אושר נדחה מותר مطابق مسموح مرفوض مقبول maqbul marfud mutabiq "
    "مجاز رد cocok diizinkan ditolak sepadan dibenarkan khớp "
    "ตรงกัน อนุญาต ปฏิเสธ मेल स्वीकृत अस्वीकृत अनुमत сәйкес рұқсат дал уруксат mos ruxsat uyğundur icazə "
    "таарсан зөвшөөрсөн татгалзсан мувофиқ ماس ئەمەس ემთხვევა ნებადართულია უარყოფილია համընկնում թույլատրված "
    "일치 불일치 승인 거부 허가 인증성공 인증실패 一致 不一致 許可 拒否 照合一致 照合不一致 照合ok 照合ng"
)
_BESIDE = (  # what may stand beside a decision, and what turns it round
    "no not non access entry door entrance person identity face pass доступ вход не acceso entrada acesso accès "
    "acces "
    "zugang zutritt eintritt accesso ingresso erişim giriş izin verildi nu nie nem ei ne adgang adgangen toegang "
    "tilgang "
    "tillträde pääsy ligipääs dostęp přístup prístup dostop pristup πρόσβαση δεν גישה לא غير لا دسترسی akses "
    "tidak tak "
    "không cho phép từ chối truy cập ไม่ नहीं емес эмес emas deyil не არ չի 출입 不"
)
_HAN = re.compile(
    "(?:人证|人脸|身份|证件|活体|人员)?(?:比对|核验|验证|认证|识别|匹配|校验|核对|审核|刷脸|开门)?(?:结果)?[:：]?"
    "(?:一致|不一致|成功|失败|通过|未通过|不通过|相符|不相符|不符|匹配|不匹配|未匹配|比中|未比中|命中|未命中|合格|不合格|"
    "放行|已放行|拒绝|已拒绝|拒绝放行|拒绝通行|允许|不允许|准许|准入|禁止|禁止通行|允许通行|本人|非本人|同一人|非同一人)"
)
_ALONE = frozenset({"成功", "失败", "本人"})  # which say so of many things
_WORDS = re.compile(r"[^\W\d_]+")
_DECIDES, _MAY_STAND = frozenset(_DECISIONS.casefold().split()), frozenset(_BESIDE.casefold().split())


def is_verdict(text: str) -> bool:
    """Whether a value says that a comparison, or a door, let somebody through or did not."""
    text = text.strip()
    if not text or len(text) > LONGEST or any(map(str.isdigit, text)):
        return False
    if _HAN.fullmatch(text):
        return text not in _ALONE
    words = [word.casefold() for word in _WORDS.findall(text)]
    return not _DECIDES.isdisjoint(words) and all(word in _DECIDES or word in _MAY_STAND for word in words)

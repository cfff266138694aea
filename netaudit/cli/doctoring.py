"""`netaudit doctor`: is this computer ready, and what helps where it is not."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from netaudit.cli.chinese import message
from netaudit.cli.exits import Exit
from netaudit.errors import UsageError
from netaudit.ground.bilingual import speaker
from netaudit.ground.masking import visible

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.running.doctor import Check

WIDEST = 300  # characters of what a system said

STATES = {
    "good": {"en": "ok  ", "zh": "正常"},
    "scarce": {"en": "note", "zh": "注意"},
    "bad": {"en": "BAD ", "zh": "故障"},
}
NAMES = {
    "python": {"en": "Python", "zh": "Python"},
    "kernels": {"en": "compiled kernels", "zh": "已编译的内核"},
    "helper": {"en": "image helper", "zh": "图像辅助进程"},
    "detector": {"en": "face detector", "zh": "人脸检测器"},
    "dumpcap": {"en": "dumpcap (recording)", "zh": "dumpcap（录制）"},
    "npcap": {"en": "Npcap (recording)", "zh": "Npcap（录制）"},
    "tshark": {"en": "tshark (second opinion)", "zh": "tshark（第二意见）"},
    "rights": {"en": "right to record", "zh": "录制权限"},
    "settings": {"en": "settings (netaudit.toml)", "zh": "设置（netaudit.toml）"},
    "extras": {"en": "extras", "zh": "附加组件"},
    "fonts": {"en": "Chinese font", "zh": "中文字体"},
    "disk": {"en": "room for cases", "zh": "案卷空间"},
    "cache": {"en": "room for the cache", "zh": "缓存空间"},
}
REMEDIES = {
    "settings": {
        "en": "no command but this one works until that is put right",
        "zh": "改正之前，除本命令外的其他命令均无法使用",
    },
    "told": {"en": "this check failed itself: please report it", "zh": "此项检查自身出错：请反馈"},
    "python": {
        "en": "install CPython 3.11 or later, 64 bit, from https://www.python.org",
        "zh": "请安装 64 位 CPython 3.11 或更高版本：https://www.python.org",
    },
    "warm": {
        "en": "run once: netaudit warm (10 to 60 s); else the first audit does it",
        "zh": "请运行一次：netaudit warm（10 至 60 秒）；否则首次审计时自动进行",
    },
    "cache": {
        "en": "nothing can be kept there, so every start compiles: name a folder of your own in NETAUDIT_CACHE",
        "zh": "该处无法写入，每次启动都要编译：请用 NETAUDIT_CACHE 指定一个属于您的文件夹",
    },
    "helper": {
        "en": "no process of its own can be started, so no image is judged: allow netaudit in the antivirus",
        "zh": "netaudit 无法启动自己的进程：请在杀毒软件中放行；否则图像一律不判定",
    },
    "detector": {
        "en": "no face can be looked for: install netaudit again; on Windows also the Visual C++ runtime",
        "zh": "无法查找人脸：请重新安装 netaudit；Windows 上另需 Visual C++ 运行库",
    },
    "dumpcap_windows": {
        "en": "to record: install Wireshark with Npcap from https://www.wireshark.org (Npcap: free on five computers)",
        "zh": "如需录制：请从 https://www.wireshark.org 安装 Wireshark 及 Npcap（Npcap 免费限五台）",
    },
    "dumpcap_macos": {
        "en": "to record: install Wireshark with ChmodBPF from https://www.wireshark.org",
        "zh": "如需录制：请从 https://www.wireshark.org 安装 Wireshark 及 ChmodBPF",
    },
    "dumpcap_linux": {
        "en": "records better than netaudit itself: apt-get install wireshark-common, or dnf install wireshark-cli",
        "zh": "netaudit 可自行录制，装有它则更好：apt-get install wireshark-common 或 dnf install wireshark-cli",
    },
    "npcap": {
        "en": "dumpcap records with Npcap only: tick it in Wireshark's installer, or take it from https://npcap.com",
        "zh": "dumpcap 须有 Npcap 才能录制：请在 Wireshark 安装程序中勾选，或从 https://npcap.com 获取",
    },
    "tshark_windows": {
        "en": "for netaudit verify: install Wireshark from https://www.wireshark.org",
        "zh": "如需 netaudit verify：请从 https://www.wireshark.org 安装 Wireshark",
    },
    "tshark_macos": {
        "en": "for netaudit verify: install Wireshark from https://www.wireshark.org",
        "zh": "如需 netaudit verify：请从 https://www.wireshark.org 安装 Wireshark",
    },
    "tshark_linux": {
        "en": "for netaudit verify: apt-get install tshark, or dnf install wireshark-cli",
        "zh": "如需 netaudit verify：apt-get install tshark 或 dnf install wireshark-cli",
    },
    "rights_windows": {
        "en": "to record: start as administrator, or install Npcap without its option for administrators only",
        "zh": "如需录制：请以管理员身份启动，或安装 Npcap 时不勾选“仅限管理员”",
    },
    "rights_macos": {
        "en": "to record: install ChmodBPF, which comes with Wireshark, and log in again",
        "zh": "如需录制：请安装随 Wireshark 提供的 ChmodBPF，然后重新登录",
    },
    "rights_linux": {
        "en": "to record: netaudit interfaces says what each interface needs (mostly: group wireshark, new login)",
        "zh": "如需录制：netaudit interfaces 列出各接口所需（一般为：加入 wireshark 组并重新登录）",
    },
    "fonts_windows": {
        "en": "Chinese reports show boxes: add the optional feature «Chinese (Simplified) supplemental fonts»",
        "zh": "中文报告会显示为方框：请添加可选功能“中文（简体）补充字体”",
    },
    "fonts_macos": {"en": "Chinese reports show boxes: install PingFang", "zh": "中文报告会显示为方框：请安装苹方字体"},
    "fonts_linux": {
        "en": "Chinese reports may show boxes here: apt-get install fonts-noto-cjk",
        "zh": "中文报告在本机可能显示为方框：apt-get install fonts-noto-cjk",
    },
    "extras": {
        "en": "for each that you need: pip install 'netaudit[video]'; without it what it is for is left out",
        "zh": "按需安装，如 pip install 'netaudit[video]'；不安装则略去相应功能，并予说明",
    },
    "disk": {
        "en": "less than 2 GB are free: a case needs up to the size of its captures",
        "zh": "剩余空间不足 2 GB：案卷最多需要与抓包同样大小的空间",
    },
}
ENDINGS = {
    "fit": {"en": "Ready to audit.", "zh": "可以审计。"},
    "unfit": {"en": "Not ready: see BAD above.", "zh": "尚未就绪：见上文“故障”。"},
}
state_of, name_of, remedy_of, ending_of = map(speaker, (STATES, NAMES, REMEDIES, ENDINGS))


def doctor_command(*, as_json: bool, lang: str, config: Path | None = None) -> Exit:
    """Examine and tell, each check as it is done; `Exit.DAMAGED` when something an audit needs is bad."""
    from netaudit.running.doctor import BAD, examine
    from netaudit.running.lean import load_lean

    load_lean()
    found: list[Check] = []
    for check in chain([settings_check(config)], examine()):
        found.append(check)
        if not as_json:
            print(*lines(check, lang), sep="\n", flush=True)
    fit = all(check.state != BAD for check in found)
    if as_json:
        import orjson

        rows = [
            {"name": check.name, "state": check.state, "remedy": told(check, lang), "facts": check.facts}
            for check in found
        ]
        print(orjson.dumps({"ready": fit, "checks": rows}, option=orjson.OPT_INDENT_2).decode())
    else:
        print(ending_of("fit" if fit else "unfit", lang))
    return Exit.AUDITED if fit else Exit.DAMAGED


def settings_check(config: Path | None) -> Check:
    """Which file of settings holds, what it sets, or what is wrong with it; and where it is looked for."""
    from netaudit.cli.settings import find, places, read, told
    from netaudit.running.doctor import BAD, GOOD, Check

    try:
        settings = read(find(config))
    except UsageError as error:
        return Check("settings", BAD, "settings", {"said": str(error)})
    where = " ".join(map(str, places()))
    return Check("settings", GOOD, "", dict(told(settings)) if settings.file else {"file": "–", "places": f"({where})"})


def lines(check: Check, lang: str) -> list[str]:
    """A line of what was found, and one of what helps."""
    facts = ", ".join(
        visible(message(_fact(value), lang), WIDEST) for value in check.facts.values() if value not in ("", [], False)
    )
    out = [f"{state_of(check.state, lang)}  {name_of(check.name, lang)}" + (f": {facts}" if facts else "")]
    return [*out, f"      → {told(check, lang)}"] if check.remedy else out


def told(check: Check, lang: str) -> str:
    """What helps; empty where nothing has to be done."""
    return remedy_of(check.remedy, lang) if check.remedy else ""


def _fact(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)

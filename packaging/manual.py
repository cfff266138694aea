"""Write what is made of the command line itself: the manual page in both languages, and completion for shells.

`python packaging/manual.py`, when commands or options have changed; what it writes lies in packaging/share/ and goes
into the wheel, where pipx and distributions look for it.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from typer.completion import get_completion_script

from netaudit.cli.app import app
from netaudit.cli.chinese import worded
from netaudit.cli.exits import Exit
from netaudit.cli.helping import Described, described
from netaudit.cli.settings import SETTINGS
from netaudit.cli.texts import say

SHARE = Path(__file__).with_name("share")
HEADS = {
    "en": ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXIT STATUS", "FILES", "ENVIRONMENT"),
    "zh": ("名称", "概要", "描述", "选项", "命令", "退出状态", "文件", "环境变量"),
}
TITLE = {
    "en": "find which devices moved whose face images, from packet captures",
    "zh": "从网络抓包中查明哪些设备传送了哪些人脸图像",
}
FILES = {
    "en": "TOML, settings that are said once: {names}. The first of --config, NETAUDIT_CONFIG, ./netaudit.toml and the "
    "user's own holds; netaudit doctor says which.",
    "zh": "TOML 设置文件：{names}。依次取 --config、NETAUDIT_CONFIG、./netaudit.toml、用户设置文件中的第一个；"
    "netaudit doctor 会说明采用的是哪一个。",
}
VARIABLES = {
    "NETAUDIT_CONFIG": {"en": "file of settings", "zh": "设置文件"},
    "NETAUDIT_CACHE": {"en": "folder for compiled kernels", "zh": "存放已编译内核的文件夹"},
    "NETAUDIT_KEY_PASSWORD": {"en": "password of the key of netaudit sign", "zh": "netaudit sign 所用私钥的口令"},
    "NETAUDIT_TRACEBACK": {"en": "1: show where an internal error is", "zh": "设为 1 时显示内部错误的位置"},
}
SHELLS = {
    "bash": "bash-completion/completions/netaudit",
    "zsh": "zsh/site-functions/_netaudit",
    "fish": "fish/vendor_completions.d/netaudit.fish",
}


def manual(lang: str) -> str:
    """The page as roff."""
    commands = list(described(app, lang))
    root, heads = commands[0], HEADS[lang]
    out = ['.TH NETAUDIT 1 "" "netaudit"', f".SH {heads[0]}", f"netaudit \\- {_plain(TITLE[lang])}"]
    out += [f".SH {heads[1]}", _plain(root.usage), f".SH {heads[2]}", _plain(root.text), f".SH {heads[3]}"]
    out += _rows(root.options)
    out.append(f".SH {heads[4]}")
    for told in commands[1:]:
        out += _command(told, lang)
    out.append(f".SH {heads[5]}")
    out += _rows([(str(int(code)), say(f"code_{code.name.lower()}", lang)) for code in Exit])
    out += [f".SH {heads[6]}", *_rows([("netaudit.toml", FILES[lang].format(names=", ".join(SETTINGS)))])]
    out += [f".SH {heads[7]}", *_rows([(name, words[lang]) for name, words in VARIABLES.items()])]
    return "\n".join(out) + "\n"


def _command(told: Described, lang: str) -> list[str]:
    lines = [f".SS {_plain(told.path)}", _plain(told.usage), ".PP", _plain(told.text)]
    for title, rows in (("Arguments", told.arguments), ("Options", told.options)):
        if rows:
            lines += [".PP", f"{_plain(worded(title, lang))}:", *_rows(rows)]
    return [*lines, ".PP", _plain(told.example)] if told.example else lines


def _rows(rows: list[tuple[str, str]]) -> list[str]:
    return [line for name, text in rows for line in (".TP", f"\\fB{_plain(name)}\\fR", _plain(text))]


def _plain(text: str) -> str:
    """Text that roff takes as it stands."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return "\\&" + text if text.startswith((".", "'")) else text


def files() -> dict[Path, str]:
    """Everything by its place."""
    made = {
        SHARE / "man" / "man1" / "netaudit.1": manual("en"),
        SHARE / "man" / "zh_CN" / "man1" / "netaudit.1": manual("zh"),
    }
    for shell, place in SHELLS.items():
        script = get_completion_script(prog_name="netaudit", complete_var="_NETAUDIT_COMPLETE", shell=shell)
        made[SHARE / place] = textwrap.dedent(script).strip() + "\n"
    return made


def main() -> None:
    """Write them."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        print(path.relative_to(SHARE.parent))


if __name__ == "__main__":
    main()

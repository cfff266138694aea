"""Build the documentation in both languages into netaudit/_docs/, to be part of the wheel: `python packaging/site.py`.

Nothing is fetched when it is built or read: no fonts, no scripts from elsewhere, and the search works from the disk.
"""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

import netaudit
from netaudit import api
from netaudit.browse.texts import column_meaning, heading, meaning
from netaudit.cli.app import app
from netaudit.cli.chinese import worded
from netaudit.cli.exits import Exit
from netaudit.cli.helping import described
from netaudit.cli.settings import SETTINGS, Settings
from netaudit.cli.texts import say
from netaudit.tables import TABLES

ROOT = Path(__file__).parents[1]
DOCS, OUT = ROOT / "docs", ROOT / "netaudit" / "_docs"
BOTH = re.compile(r"^<a id=.中文.></a>$", re.MULTILINE)  # where the Chinese half of a page begins
JUMP = "中文在后。[跳到中文](#中文)\n"
USERS = ("investigator", "officer", "analyst", "province")
GUIDES = {
    "installing": "Installing",
    "using": "Using netaudit",
    "on-site": "On site",
    "recheck": "Rechecking",
    "duties": "Duty cards",
    "browse": "Browsing a case",
    "live": "Recording live",
    "evidence": "Evidence",
    "test-specification": "Test specification",
    "keys": "Keys",
    "campaigns": "Campaigns",
    "certainty-c": "Certainty C",
    "threats": "Threats",
    "windows": "Windows",
    "analysts": "Analysts",
    "signatures": "Signatures",
    "documents": "Documents",
    "observations": "Observations",
    "carriers": "Carriers",
    "glossary": "Words",
}
CHINESE = {
    "installing": "安装",
    "using": "使用",
    "on-site": "现场",
    "recheck": "复查",
    "duties": "条款卡",
    "browse": "浏览案卷",
    "live": "现场录制",
    "evidence": "证据",
    "test-specification": "测试规范",
    "keys": "密钥",
    "campaigns": "批量审计",
    "certainty-c": "C 级",
    "threats": "威胁",
    "windows": "Windows",
    "signatures": "编写特征",
    "analysts": "供分析人员使用",
    "documents": "文档",
    "observations": "观测事实",
    "carriers": "传输方式",
    "glossary": "词语",
    "investigator": "调查人员",
    "officer": "执法人员",
    "analyst": "分析人员",
    "province": "省级单位",
}


def page_of(name: str, lang: str) -> str:
    """The text of a page in a language; empty where there is none. Some pages hold both, one behind the other."""
    path = DOCS / "zh" / name if lang == "zh" else DOCS / name
    if path.is_file():
        return re.split(BOTH, path.read_text("utf-8"))[0].replace(JUMP, "")
    halves = re.split(BOTH, (DOCS / name).read_text("utf-8"))
    return halves[1].strip() + "\n" if len(halves) > 1 else ""


def nav(lang: str) -> list[tuple[str, Any]]:
    """Titles and pages of a language, in order."""
    zh = lang == "zh"
    tutorials = [(CHINESE[name] if zh else name.title(), f"tutorials/{name}.md") for name in USERS]
    guides = [(CHINESE.get(name, title) if zh else title, f"{name}.md") for name, title in GUIDES.items()]
    reference = [(word(key, lang), f"reference/{key}.md") for key in ("cli", "settings", "tables", "api")]
    return [
        ("netaudit", "index.md"),
        ("教程" if zh else "Tutorials", tutorials),
        ("指南" if zh else "Guides", [page for page in guides if page_of(page[1], lang)]),
        ("参考" if zh else "Reference", reference),
    ]


WORDS = {
    "cli": ("Commands", "命令"),
    "arguments": ("Arguments", "参数"),
    "settings": ("Settings and exit codes", "设置与退出码"),
    "settings_note": (
        """A file `netaudit.toml`; the first of `--config FILE`, the file that `NETAUDIT_CONFIG` names,
`./netaudit.toml` and the user's own holds, the last two only where nobody else can write.
The command line comes before it.
Paths are relative to the file. `netaudit doctor` says which file holds.""",
        """文件 `netaudit.toml`；依次取 `--config 文件`、`NETAUDIT_CONFIG` 所指文件、`./netaudit.toml`
和用户设置文件中的第一个，后两者仅在其他人无法写入时采用。
命令行优先于设置。
路径相对于该文件。`netaudit doctor` 说明采用的是哪一个。""",
    ),
    "setting": ("setting", "设置"),
    "kind": ("kind", "类型"),
    "options": ("default of", "作为其默认值的选项"),
    "exits": ("Exit codes", "退出码"),
    "tables": ("Tables", "数据表"),
    "columns": ("| column | kind | meaning |", "| 列 | 名称 | 类型 | 含义 |"),
    "api": ("Python", "Python"),
    "api_note": (
        "What `import netaudit` offers. Tables are attributes of a case; the examples are run as tests.",
        "`import netaudit` 所提供的内容。数据表是案卷的属性；示例都作为测试运行。",
    ),
}  # fmt: skip


def word(key: str, lang: str) -> str:
    """A text of the generated pages."""
    return WORDS[key][lang == "zh"]


def cli(lang: str) -> str:
    """All commands with their arguments and options."""
    out = [f"# {word('cli', lang)}", ""]
    for told in described(app, lang):
        out += [f"## {told.path}", "", f"    {told.usage}", "", told.text, ""]
        for title, rows in (("Arguments", told.arguments), ("Options", told.options), ("Commands", told.commands)):
            if rows:
                out += [f"**{worded(title, lang)}**", "", *(f"* `{name}`: {_plain(text)}" for name, text in rows), ""]
        if told.example:
            out += [f"    {told.example}", ""]
    return "\n".join(out)


def settings(lang: str) -> str:
    """Settings with what they are defaults of, and exit codes."""
    import typer

    out = [f"# {word('settings', lang)}", "", word("settings_note", lang), ""]
    out += [f"| {word('setting', lang)} | {word('kind', lang)} | {word('options', lang)} |", "| --- | --- | --- |"]
    command = typer.main.get_command(app)
    for name, one in SETTINGS.items():
        given = Settings(values={name: True}).defaults(command)
        options = ", ".join(f"`{place}`" for place in _places(given))
        out.append(f"| `{name}` | {one.kind.__name__}{' …' if one.many else ''} | {options or '`--case`'} |")
    out += ["", f"## {word('exits', lang)}", ""]
    out += [f"* `{int(code)}`: {say(f'code_{code.name.lower()}', lang)}" for code in Exit]
    return "\n".join(out) + "\n"


def _places(given: dict[str, Any], above: str = "") -> list[str]:
    found = []
    for name, value in given.items():
        if isinstance(value, dict):
            if any(not isinstance(one, dict) for one in value.values()):
                found.append(f"{above}{name}")
            found += _places({key: one for key, one in value.items() if isinstance(one, dict)}, f"{above}{name} ")
    return found


def tables(lang: str) -> str:
    """Every table with its columns."""
    out = [f"# {word('tables', lang)}", ""]
    for table in TABLES:
        out += [f"## {table.name}", "", meaning(table.name, lang), "", word("columns", lang)]
        out.append("| --- | --- | --- |" if lang == "en" else "| --- | --- | --- | --- |")
        for one in table.columns:
            kind = one.kind + (f", {one.unit}" if one.unit else "")
            name = f" {heading(one.name, lang)} |" if lang == "zh" else ""
            out.append(f"| `{one.name}` |{name} {_plain(kind)} | {_plain(column_meaning(one.meaning, lang))} |")
        out.append("")
    return "\n".join(out)


def python(lang: str) -> str:
    """The public face, from its docstrings."""
    out = [f"# {word('api', lang)}", "", word("api_note", lang), ""]
    offered: list[tuple[str, Any]] = [
        (f"netaudit.{name}", getattr(netaudit, name)) for name in ("audit", "open_case", "open_campaign")
    ]
    for kind in (api.Case, api.Device):
        offered += [
            (f"{kind.__name__}.{name}", value)
            for base in reversed(kind.__mro__[:-1])
            for name, value in vars(base).items()
            if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)) and value.__doc__
        ]
    for name, value in dict(offered).items():
        target = value.fget if isinstance(value, property) else value
        shown = "" if isinstance(value, property) else str(inspect.signature(target)).replace("'", "")
        out += [f"## {name}", "", "```python", f"{name}{shown}", "```", "", _docstring(inspect.getdoc(value) or ""), ""]
    return "\n".join(out)


def _docstring(text: str) -> str:
    """A docstring as Markdown: examples as code."""
    head, mark, tail = text.partition(">>> ")
    return f"{head.strip()}\n\n```pycon\n{mark}{tail.strip()}\n```" if mark else head


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def gather(lang: str, place: Path) -> None:
    """Put the pages of a language together: those of docs/, those that are generated."""
    wanted = [path for _, path in _pages(nav(lang)) if not path.startswith("reference/")]
    for name in wanted:
        text = page_of(name, lang)
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text.replace("../../pictures/", "../pictures/"), "utf-8")
    for name, made in (("cli", cli), ("settings", settings), ("tables", tables), ("api", python)):
        (place / "reference").mkdir(exist_ok=True)
        (place / "reference" / f"{name}.md").write_text(made(lang), "utf-8")
    told = "".join(path.read_text("utf-8") for path in place.rglob("*.md"))
    for path in [*DOCS.glob("pictures/*"), *DOCS.glob("*.png"), *DOCS.glob("*.schema.json")]:
        if path.name in told:
            (place / path.relative_to(DOCS)).parent.mkdir(exist_ok=True)
            shutil.copy(path, place / path.relative_to(DOCS))
    for path in place.rglob("*.md"):
        path.write_text(_linked(path, place), "utf-8")


def _linked(path: Path, place: Path) -> str:
    """A page whose links to what is not in the site are text."""

    def link(found: re.Match[str]) -> str:
        target = found[2].partition("#")[0]
        if (
            not target
            or "://" in target
            or ((path.parent / target).resolve().is_relative_to(place.resolve()) and (path.parent / target).exists())
        ):
            return found[0]
        if target.endswith("tables.md"):
            return f"[{found[1]}]({'' if path.parent == place else '../'}reference/tables.md)"
        return found[1]

    return re.sub(r"(?<!!)\[([^\]]*)\]\(([^)]+)\)", link, path.read_text("utf-8"))


def _pages(tree: list[Any]) -> list[tuple[str, str]]:
    return [page for name, one in tree for page in (_pages(one) if isinstance(one, list) else [(name, one)])]


def _nav(tree: list[Any]) -> list[dict[str, Any]]:
    return [{name: _nav(one) if isinstance(one, list) else one} for name, one in tree]


def build(lang: str, out: Path) -> None:
    """One language by mkdocs."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "docs"
        place.mkdir()
        gather(lang, place)
        other = "中文" if lang == "en" else "English"
        up = "../index.html" if lang == "zh" else "zh/index.html"
        config = {
            "site_name": "netaudit", "docs_dir": str(place), "site_dir": str(out), "nav": _nav(nav(lang)),
            "use_directory_urls": False, "strict": False,
            "theme": {
                "name": "material", "font": False, "language": lang,
                "palette": {"primary": "blue grey"}, "features": ["navigation.tabs", "toc.integrate"],
            },
            "plugins": [{"search": {"lang": ["zh", "en"] if lang == "zh" else ["en"]}}, "offline"],
            "markdown_extensions": ["tables", "attr_list", "pymdownx.superfences", {"toc": {"permalink": False}}],
            "extra": {"generator": False, "alternate": [{"name": other, "link": up, "lang": lang}]},
        }  # fmt: skip
        file = Path(scratch) / "mkdocs.yml"
        file.write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
        subprocess.run(
            [sys.executable, "-m", "mkdocs", "build", "-q", "-f", file],
            check=True,
            env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        )


def main() -> None:
    """Build both, and tell the size; whatever would be fetched from elsewhere is a failure."""
    shutil.rmtree(OUT, ignore_errors=True)
    build("en", OUT)
    build("zh", OUT / "zh")
    for path in [*OUT.rglob("*.map"), *OUT.rglob("sitemap.xml*"), *OUT.rglob("404.html")]:
        path.unlink()
    shutil.copy(Path(__file__).with_name("frame_worker.js"), OUT / "assets")
    for path in OUT.rglob("*.html"):
        up = "../" * (len(path.relative_to(OUT).parts) - 1)
        text = path.read_text("utf-8").replace("https://unpkg.com/iframe-worker/shim", f"{up}assets/frame_worker.js")
        path.write_text(text, "utf-8")
        if found := fetched(path.read_text("utf-8")):
            raise SystemExit(f"{path.relative_to(OUT)}: {found[0]} would be fetched")
    size = sum(path.stat().st_size for path in OUT.rglob("*") if path.is_file())
    print(f"{OUT.relative_to(ROOT)}: {size / 1e6:.1f} MB, {len(list(OUT.rglob('*.html')))} pages")


def fetched(html: str) -> list[str]:
    """Addresses on other hosts that a page loads by itself."""
    return re.findall(r"<(?:script|img|iframe|link)\b[^>]*(?:src|href)=\"?(https?://[^\"\s>]+)", html)


if __name__ == "__main__":
    main()

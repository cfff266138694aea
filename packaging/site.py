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
from netaudit.cli.app import app
from netaudit.cli.chinese import worded
from netaudit.cli.exits import Exit
from netaudit.cli.helping import described
from netaudit.cli.settings import SETTINGS, Settings
from netaudit.cli.texts import say
from netaudit.core.schema import TABLES
from netaudit.events.rules.loading import load
from netaudit.events.rules.page import page as documents_page
from netaudit.protocols.readers import READERS
from netaudit.report.column_words import column_meaning, heading, meaning

ROOT = Path(__file__).parents[1]
DOCS, OUT = ROOT / "docs", ROOT / "netaudit" / "_docs"
GUIDES = {  # file name: title in English and Chinese
    "installing": ("Installing", "安装"),
    "first-audit": ("First audit", "首次检查"),
    "report": ("Reading the report", "阅读报告"),
    "evidence": ("Evidence", "证据"),
    "live": ("Live recording", "现场采集"),
    "keys": ("Keys", "密钥"),
    "recheck": ("Recheck", "复查"),
    "campaigns": ("Campaigns", "批量分析"),
    "analysts": ("For analysts", "分析人员"),
    "signatures": ("Signatures", "特征规则"),
    "certainty-c": ("Grade C in detail", "C 级详解"),
    "threats": ("Threats", "威胁"),
}


def nav(lang: str) -> list[tuple[str, Any]]:
    """Titles and pages of a language, in order."""
    zh = lang == "zh"
    return [
        ("netaudit", "index.md"),
        ("指南" if zh else "Guides", [(titles[zh], f"{name}.md") for name, titles in GUIDES.items()]),
        ("参考" if zh else "Reference", [(word(key, lang), f"reference/{key}.md") for key in REFERENCES]),
    ]


WORDS = {
    "cli": ("Commands", "命令"),
    "arguments": ("Arguments", "参数"),
    "settings": ("Settings and exit codes", "设置与退出码"),
    "settings_note": (
        """Settings are read from one file: the first that exists of `--config FILE`, the file named by
`NETAUDIT_CONFIG`, `./netaudit.toml` and the user's own file. The last two are ignored if other users can write them.
Options on the command line have priority. Paths are relative to the file.
`netaudit doctor` prints which file is used.""",
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
        "The public API of `import netaudit`. Tables are attributes of a case; the examples run as tests.",
        "`import netaudit` 所提供的内容。数据表是分析结果对象的属性；示例均作为测试运行。",
    ),
    "documents": ("Known messages", "已知报文"),
    "protocols": ("Protocols", "协议"),
    "protocols_note": (
        "Protocols that netaudit reads. Other protocols are searched for images, documents and identity data as well.",
        "netaudit 读取的协议。其他协议同样检索其中的图像、文档和身份信息。",
    ),
    "protocols_head": ("| protocol | transport | content |", "| 协议 | 传输层 | 内容 |"),
    "content": ("images, documents, identity data", "图像、文档、身份信息"),
    "hosts_only": ("names and properties of hosts", "主机名称和属性"),
    "encrypted": ("names and handshake; content with keys only", "名称和握手；内容须有密钥"),
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


def documents(lang: str) -> str:
    """Messages that entries of signatures/documents describe."""
    return documents_page(load().entries, lang)


def protocols(lang: str) -> str:
    """Protocols of the registry of readers."""
    out = [f"# {word('protocols', lang)}", "", word("protocols_note", lang), "", word("protocols_head", lang)]
    out.append("| --- | --- | --- |")
    for entry in sorted(READERS, key=lambda entry: (entry.name, entry.transport)):
        key = "encrypted" if entry.hidden or entry.hello else "hosts_only" if entry.only_words else "content"
        out.append(f"| {entry.name} | {entry.transport} | {word(key, lang)} |")
    return "\n".join(out) + "\n"


REFERENCES = {
    "cli": cli, "settings": settings, "tables": tables, "api": python, "documents": documents, "protocols": protocols,
}  # fmt: skip


def gather(lang: str, place: Path) -> None:
    """Copy the pages of a language and write the generated ones."""
    for name in ["index", *GUIDES]:
        text = (DOCS / ("zh" if lang == "zh" else "") / f"{name}.md").read_text("utf-8")
        (place / f"{name}.md").write_text(text.replace("](../", "]("), "utf-8")
    (place / "reference").mkdir()
    for name, write in REFERENCES.items():
        (place / "reference" / f"{name}.md").write_text(write(lang), "utf-8")
    for path in [*DOCS.glob("*.webp"), *DOCS.glob("*.schema.json")]:
        shutil.copy(path, place)
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
        return found[1]

    return re.sub(r"(?<!!)\[([^\]]*)\]\(([^)]+)\)", link, path.read_text("utf-8"))


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
    """Build both languages and print the size; fail if a page would load anything from elsewhere."""
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

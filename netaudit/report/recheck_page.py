"""The page of a recheck: one HTML file in the dress of the report, which loads nothing and runs nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from netaudit.core.storage.files import write_whole
from netaudit.core.system.user_cache import cache_folder
from netaudit.findings.duties.cards import card, edition
from netaudit.findings.duties.cards import say as say_duties
from netaudit.findings.recheck.route import STATUSES
from netaudit.findings.recheck.saying import say, visit_rows
from netaudit.report.from_case import Kept
from netaudit.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.findings.recheck.comparing import Comparison

COLOURS = {  # letters of the grade whose colour a card has
    "still": "A", "new": "A", "moved": "B", "now encrypted": "B", "now other": "B", "gone": "",
    "could not have been seen": "D",
}  # fmt: skip
KINDS = {"images": "uploaded", "records": "uploaded", "video": "video", "uploads": "hidden", "inside": "moved"}


def write_page(compared: Comparison, path: Path, lang: str) -> Path:
    """Write the page and give its path. Raises OSError."""
    write_whole(path, rendered(compared, lang).encode("utf-8", "replace"))
    return path


def rendered(compared: Comparison, lang: str) -> str:
    """HTML; every value is escaped."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("netaudit.report"), PackageLoader("netaudit.report", "static")]),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        bytecode_cache=Kept(cache_folder()),
    )  # fmt: skip
    return environment.get_template("recheck.html.j2").render(view(compared, lang))


def view(compared: Comparison, lang: str) -> dict[str, Any]:
    """What the template shows."""
    rows = compared.rows(lang)
    met = Counter(row["code"] for row in rows)
    kinds = dict.fromkeys(KINDS[one.purpose] for one in compared.outcomes if one.status != "gone")
    return {
        "html_lang": "zh-CN" if lang == "zh" else "en",
        "version": __version__,
        "lang": lang,
        "duties": {
            "say": lambda key: say_duties(key, lang),
            "cards": [card(kind, lang) for kind in kinds],
            "edition": edition(lang),
        },
        "say": lambda key: say(key, lang),
        "visits": visit_rows(compared.sides, lang),
        "tiles": [(say(f"status.{one}", lang), met[one]) for one in STATUSES if met[one]],
        "rows": [row | {"colour": COLOURS[row["code"]]} for row in rows],
    }

"""Rules of findings for tables that are made up, and the captures in which each kind of finding is found."""

from __future__ import annotations

from netaudit.findings.vocabulary import KINDS


def rule_of(act: str, certainty: str) -> str:
    """The rule of the plainest kind of an act and a grade: of what was seen it comes first, else last."""
    fits = [kind for kind in KINDS if kind.act.name == act and certainty in kind.grades and not kind.past]
    return str(fits[0 if certainty in "AB" else -1].rules[0])


# a capture of the project in which each kind is found, and whether faces have to be looked for
CAPTURES = {
    "uploaded": ("pcaps/documents/sensetime.pcapng", False),
    "retrieved": ("pcaps/documents/sensetime.pcapng", False),
    "moved": ("pcaps/documents/dahua.pcapng", False),
    "together": ("pcaps/sales_office/lan.pcapng", False),
    "hidden": ("pcaps/sales_office/wan.pcapng", False),
    "video": ("pcaps/frames/gb28181.pcapng", True),
}
# kinds that no capture of the project shows, and the test that has what makes them judged and names the kind it comes to
MADE_UP = {
    **dict.fromkeys(("matched", "following"), "tests/report/test_sections_relays.py"),
    "delivered": "tests/findings/test_retrieval.py",
    **{
        f"{what}_{act}": "tests/findings/test_templates.py"
        for what in ("templates", "contacts")
        for act in ("uploaded", "retrieved", "delivered", "moved")
    },
    "contacts_retrieved": "tests/findings/test_retrieval.py",
}

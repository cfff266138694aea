"""What hostile hosts say reaches nobody's terminal, page or spreadsheet as more than text, and costs no more than its bytes."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from netaudit.cli.app import app
from netaudit.core.masking.mask import mask
from netaudit.core.schema import BY_NAME, FLOWS, OBSERVATIONS, TABLES_VERSION
from netaudit.core.signatures.loading import load
from netaudit.devices.inventory.from_observations import Link, inventory
from netaudit.devices.observations.ledger import LONGEST
from netaudit.evidence.case.writing import write_json
from netaudit.report.from_case import write_report
from netaudit.tables.finalizing.sorting import write_table
from tests.processor_time import within
from tests.report.fakes import FakeCase

if TYPE_CHECKING:
    from pathlib import Path

SET = load()
FIELDS = sorted(SET.vocabulary.fields - {"ra.prefix"})  # which its reader makes from 16 bytes, whatever they are
MACS = ["08:54:11:00:00:01", "08:54:11:00:00:02", "02:00:00:00:00:01", ""]
HIDDEN = "\u202e\u2066\u2069\u200b\ufeff\x00\x1b\x07"
ATTACKS = [
    "<script>alert(1)</script>", "</title><svg onload=alert(1)>", "=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "\x1b]0;x\x07\x1b[2J", "\u202egnp.exe",
    "a" * 5000, "(a+)+$", "uuid:" + "0" * 500, "08:54:11:zz:zz:zz", "::::::", "ttl=" + "9" * 400, "Mozilla/5.0 (" * 40,
    "DS-2CD\x00\x1b[31m", "Login to " + "0" * 400, "x=y=z;=1", "rule: class", "{{ 7*7 }}{% raw %}", "%s%n%d", "\ud7ff\uffff", "\n- id: x\n",
]  # fmt: skip
NO_FLOWS = pa.Table.from_pylist([], schema=FLOWS.schema())


def scope(ip: str) -> str:
    return "inside" if ip.startswith("192.168.") else "outside"


def observed(facts: list[tuple[str, str, str, str]]) -> pa.Table:
    """(link address, address, field, value) as the ledger would keep them."""
    rows = {}
    for number, (mac, ip, field, value) in enumerate(facts):
        kind, _, name = field.partition(".")
        rows.setdefault((kind, mac, ip, name, mask(value[:LONGEST])), ("cap", number + 1, number, 1))
    columns = list(zip(*((*key, *rest) for key, rest in rows.items()), strict=True)) or [()] * 9
    schema = OBSERVATIONS.schema()
    return pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


def everything() -> list[tuple[str, str, str, str]]:
    return [
        (mac, "192.168.1.9" if mac else "192.168.1.8", field, attack)
        for field in FIELDS
        for mac in MACS
        for attack in ATTACKS
    ]


@pytest.fixture(scope="module")
def told():
    with within(10):
        return inventory(observed(everything()), NO_FLOWS, Link(), scope, SET)


def test_an_inventory_of_attacks_is_bounded(told) -> None:
    assert told.devices.num_rows <= len(MACS) + 2
    for row in told.claims.to_pylist():
        assert len(row["value"]) <= LONGEST * 2
        assert all(len(fact) <= 200 for fact in row["facts"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(MACS), st.sampled_from(["", "192.168.1.9", "47.0.0.1", "fe80::1", "x"]), st.sampled_from(FIELDS), st.text(max_size=60) | st.sampled_from(ATTACKS)),
        max_size=14,
    )
)  # fmt: skip
def test_whatever_is_said_gives_an_inventory(facts: list[tuple[str, str, str, str]]) -> None:
    found = inventory(observed(facts), NO_FLOWS, Link(), scope, SET)
    assert found.claims.num_rows >= 0
    again = inventory(observed(facts), NO_FLOWS, Link(), scope, SET)
    assert found.devices.equals(again.devices)


@pytest.fixture(scope="module")
def folder(told, tmp_path_factory) -> Path:
    """A case with nothing but what hostile hosts said."""
    case = tmp_path_factory.mktemp("hostile") / "case"
    (case / "tables").mkdir(parents=True)
    tables = {"observations": observed(everything()), "devices": told.devices, "claims": told.claims}
    for name, table in BY_NAME.items():
        write_table(case, table, tables.get(name, table.schema().empty_table()))
    write_json(case / "case.json", {"tables_version": TABLES_VERSION, "partial": False, "signatures": SET.manifest()})
    return case


@pytest.mark.parametrize(
    "words",
    [
        ["show", "devices"],
        ["rules", "test"],
        ["explain", "08:54:11:00:00:01"],
        ["rules", "new", "08:54:11:00:00:01"],
    ],
)
def test_nothing_steers_a_terminal(folder: Path, words: list[str]) -> None:
    place = 2 if words[0] == "rules" else 1
    result = CliRunner().invoke(app, [*words[:place], str(folder), *words[place:], "--lang", "zh"])
    assert result.exit_code == 0, result.output
    assert not set(HIDDEN) & set(result.output)
    assert len(result.output) < 400_000


def test_nothing_is_a_formula_in_a_spreadsheet(folder: Path) -> None:
    for table in ("devices", "claims"):
        result = CliRunner().invoke(app, ["show", str(folder), table, "--csv"])
        for row in csv.reader(io.StringIO(result.output)):
            assert not any(cell.startswith(("=", "+", "@", "\t")) for cell in row)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_is_more_than_text_in_the_report(told, lang: str, tmp_path: Path) -> None:
    case = FakeCase({"devices": told.devices.to_pylist(), "claims": told.claims.to_pylist()})
    page = write_report(case, tmp_path / "report.html", lang).read_text(encoding="utf-8")
    assert page.lower().count("<script") == 1  # our own, which sorts and folds
    assert page.count("<svg") <= 2
    assert not set(HIDDEN) & set(page)
    assert len(page) < 300_000

"""Questions over offices with phones and TLS in them, and what the catalogue leaves out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import netaudit
from netaudit.core.schema import BY_NAME
from netaudit.errors import UsageError
from netaudit.pipeline.campaign import across
from netaudit.pipeline.campaign.plan import Site
from netaudit.pipeline.campaign.report import write_report
from netaudit.pipeline.campaign.running import run_campaign, tasks_of

pytest.importorskip("duckdb", reason="NO DUCKDB: install the extra campaign")
PCAPS = Path(__file__).parents[3] / "pcaps"
PHONE = ("9a:21:5e:0c:77:31", "192.168.1.120", "Mate-60", "HUAWEI:android", "Android 14")  # pcaps/lab/hosts.py
OFFICES = {
    "benign": "benign_office/benign.pcap",
    "sales": "sales_office/lan.pcapng",
    "tls": "tls",
    "second": "second_office",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("campaign")
    (out / "key").write_bytes(bytes(range(32)))
    sites = [Site(name, (str(PCAPS / capture),)) for name, capture in OFFICES.items()]
    run_campaign(tasks_of(sites, out, faces=False, project_key=out / "key"))
    return out


@pytest.fixture
def campaign(folder):
    return netaudit.open_campaign(folder)


def words_of(rows):
    """Every text of a table, also within lists."""
    return {str(value) for name in rows for value in rows[name].explode()}


def test_nothing_of_a_phone_is_in_any_table(folder, campaign):
    seen = set()
    for case in campaign.cases.values():
        devices = netaudit.Case(case).devices
        seen |= set(devices[devices["class"] == "handheld"]["device_id"])
    assert PHONE[0] in seen
    for name in sorted(set(BY_NAME) - {"persons", "journeys", "after_moments"}):
        rows = getattr(campaign, name)
        told = " ".join(words_of(rows[rows["site"].isin(("benign", "sales"))]))
        for word in PHONE:
            assert word not in told, (name, word)


def test_what_others_say_stays(campaign):
    assert {"Hikvision", "Ruijie", "TP-Link"} <= set(campaign.devices["vendor"])
    assert (campaign.flows["site"] == "benign").sum() > 10
    assert not campaign.ledgers.empty


@pytest.mark.parametrize("what", sorted(across.QUESTIONS))
def test_every_question_has_an_answer_with_its_times(campaign, what):
    rows = across.recurring(campaign, what)
    assert rows
    for row in rows:
        assert row["sites"] <= row["n"]
        assert 1_700_000_000 < row["first_s"] <= row["last_s"]
    assert [row["sites"] for row in rows] == sorted((row["sites"] for row in rows), reverse=True)


def test_names_and_fingerprints_of_tls_are_those_that_were_sent(campaign):
    names = {row["what"]: row for row in across.recurring(campaign, "sni")}
    assert names["www.baidu.com"]["sites"] == 2
    assert any("platform.wangxiaobao.com" in name for name in names)
    assert all(
        row["what"].startswith("t1") or row["what"].startswith(("q", "d")) for row in across.recurring(campaign, "ja4")
    )
    certificates = {row["what"].split(" ")[0] for row in across.recurring(campaign, "certificates")}
    assert {"fingerprint", "subject", "issuer", "serial"} == certificates


def test_sites_are_ranked_by_what_left(campaign):
    assert [row["site"] for row in across.ranking(campaign)][:2] == ["second", "sales"]


def test_what_left_counts_as_in_the_cases_whoever_may_hold_the_device(campaign):
    """The second office has devices of no known class with addresses of their own: they may be somebody's."""
    for row in across.ranking(campaign):
        found = netaudit.Case(campaign.cases[row["site"]]).findings
        left = found[(found["certainty"] == "A") & (found["act"] == "uploaded outside")]
        assert row["records_a"] == left["records"].sum()
    shown = campaign.findings
    assert "" in set(shown[shown["site"] == "second"]["sender"])
    personal = set(campaign.database.execute("SELECT site, word FROM personal").fetchall())
    assert not personal & set(zip(shown["site"], shown["sender"], strict=True))


def with_persons(folder, out, shared):
    """The campaign again, with so many ID numbers met at two sites, one met at a single one, and many unchecked."""
    shutil.copytree(folder, out)
    for case, extra in (("benign", "x"), ("sales", "y")):
        path = out / "cases" / f"site={case}" / "case" / "tables" / "persons.parquet"
        rows = pq.read_table(path).slice(0, 0).to_pylist()
        empty = {field.name: "" for field in BY_NAME["persons"].schema() if pa.types.is_string(field.type)}
        rows += [
            empty | {"kind": "id_number", "certainty": certainty, "value_hmac": f"{certainty}-{number}"}
            for certainty, count in (("checked", shared), ("shape", 9))
            for number in (*range(count), extra)
        ]
        pq.write_table(pa.Table.from_pylist(rows, schema=BY_NAME["persons"].schema()), path)
    return netaudit.open_campaign(out)


@pytest.mark.parametrize(("shared", "told"), [(4, None), (5, 5), (7, 7)])
def test_persons_are_counted_from_five_on_and_the_reason_is_recorded(folder, tmp_path, shared, told):
    campaign = with_persons(folder, tmp_path / "out", shared)
    said = across.persons_at_several(campaign, "one agency, several offices", "处长甲")
    assert said["persons"] == told
    log = (tmp_path / "out" / "campaign.jsonl").read_text(encoding="utf-8")
    assert "one agency, several offices" in log
    assert "处长甲" in log
    html = write_report(campaign, tmp_path / "r.html", "en", said).read_text(encoding="utf-8")
    assert "处长甲" in html
    assert ("fewer than" in html or "less than" in html) == (told is None)
    assert not any(f"checked-{number}" in html for number in range(shared))


def test_persons_of_different_keys_are_not_counted(folder, tmp_path):
    campaign = with_persons(folder, tmp_path / "out", 7)
    manifest = tmp_path / "out" / "cases" / "site=sales" / "case" / "case.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"project_key"', '"no_key"'), encoding="utf-8")
    with pytest.raises(UsageError, match="one --project-key"):
        across.persons_at_several(campaign, "why", "who")
    assert not (tmp_path / "out" / "campaign.jsonl").exists()

"""Plans: what is read, what is refused, and which folder a site has."""

from __future__ import annotations

import os

import pytest

from netaudit.errors import UsageError
from netaudit.pipeline.campaign.plan import left_out, make_plan, read_plan, task_digest, write_plan

HEAD = "site,captures,inside,district\n"


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "a.pcap").write_bytes(b"1")
    return tmp_path / "plan.csv"


def test_sites_come_sorted_with_absolute_paths(plan):
    plan.write_text(HEAD + "b,a.pcap;c,10.0.0.0/8;fd00::/8,东区\na,a.pcap,,\n", encoding="utf-8-sig")
    first, second = read_plan(plan.parent)
    assert (first.site, second.district) == ("a", "东区")
    assert second.inside == ("10.0.0.0/8", "fd00::/8")
    assert second.captures == (str(plan.parent / "a.pcap"), str(plan.parent / "c"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("captures\na.pcap\n", "line 1"),
        ("site,captures,colour\na,b,c\n", "line 1"),
        (HEAD, "0 sites"),
        (HEAD + "a,,,\n", "no captures"),
        (HEAD + ",a.pcap,,\n", "name"),
        (HEAD + "a,a.pcap,,\nA,a.pcap,,\n", "line 3: A stands there twice"),
        (HEAD + "a,a.pcap,,,more\n", "more cells"),
        (HEAD + "a\x07,a.pcap,,\n", "printable"),
        (HEAD + "\U0001f600" * 60 + ",a.pcap,,\n", "too long"),
        ("site,captures,keys\na,a.pcap,k\n", "authority"),
    ],
)
def test_what_is_wrong_is_named(plan, text, said):
    plan.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_plan(plan)


@pytest.mark.parametrize("name", ["..", "../../x", "a/b", "a\\b", "C:", "a.b", "东区 一号", "a%2Fb", "site=x", "-"])
def test_a_folder_is_one_plain_part_and_says_the_site(plan, name):
    from urllib.parse import unquote

    plan.write_text(HEAD + f'"{name}",a.pcap,,\n', encoding="utf-8")
    folder = read_plan(plan)[0].folder
    assert not set(folder) & set("/\\:. ")
    assert unquote(folder) == f"site={name}"


def test_a_plan_is_made_of_folders_and_captures(tmp_path):
    (tmp_path / "one" / "deep").mkdir(parents=True)
    (tmp_path / "one" / "deep" / "x.pcapng.gz").touch()
    (tmp_path / "two.pcap").touch()
    (tmp_path / "none").mkdir()
    (tmp_path / "._two.pcap").write_bytes(b"\0\5\x16\7 of macOS")
    (tmp_path / "none" / "._gone.pcap").write_bytes(b"\0\5\x16\7 of macOS")
    sites = make_plan(tmp_path)
    write_plan(tmp_path / "plan.csv", sites)
    assert [site.site for site in read_plan(tmp_path)] == ["one", "two"]
    assert left_out(tmp_path, sites) == ["none"]
    with pytest.raises(UsageError, match="no captures"):
        make_plan(tmp_path / "none")


def test_the_digest_follows_the_captures_and_not_where_they_lie(plan, tmp_path):
    plan.write_text(HEAD + "a,a.pcap,,东区\n", encoding="utf-8")
    first = task_digest(read_plan(plan)[0], {})
    assert task_digest(read_plan(plan)[0], {"faces": False}) != first
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "a.pcap").write_bytes(b"1")
    (moved / "plan.csv").write_text(HEAD + "a,a.pcap,,西区\n", encoding="utf-8")
    assert task_digest(read_plan(moved)[0], {}) == first
    (moved / "a.pcap").write_bytes(b"22")
    assert task_digest(read_plan(moved)[0], {}) != first


def test_a_plan_that_is_written_says_no_more_of_the_machine_than_it_must(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "plan.csv").write_text("site,captures\na,a.pcap;/elsewhere/b.pcap\n", encoding="utf-8")
    sites = read_plan(tmp_path / "in")
    write_plan(tmp_path / "out" / "plan.csv", sites)
    text = (tmp_path / "out" / "plan.csv").read_text(encoding="utf-8")
    assert "../in/a.pcap;/elsewhere/b.pcap" in text
    assert str(tmp_path) not in text
    again = read_plan(tmp_path / "out")[0]
    assert [os.path.normpath(one) for one in again.captures] == list(sites[0].captures)

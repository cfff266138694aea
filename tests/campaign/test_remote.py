"""Campaigns in object stores: one in memory, and where it is installed a local server that speaks S3 (moto)."""

from __future__ import annotations

import hashlib
import importlib.util
import json

import pytest

from netaudit.campaign import one_site, remote
from netaudit.campaign.catalogue import open_campaign
from netaudit.campaign.plan import Site, read_plan, write_plan
from netaudit.campaign.running import run_campaign, tasks_of
from netaudit.campaign.standing import standing
from netaudit.errors import UsageError
from tests.campaign.sites import OF_A_RUN, bytes_of, write_sites

fsspec = pytest.importorskip("fsspec", reason="NO FSSPEC: install the extra campaign")
MOTO = importlib.util.find_spec("moto") and importlib.util.find_spec("s3fs")
BUCKET = "captures"


@pytest.fixture(scope="module")
def server():
    from moto.server import ThreadedMotoServer

    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    yield "http://{}:{}".format(*made.get_host_and_port())
    made.stop()


@pytest.fixture(
    params=[
        "memory",
        pytest.param(
            "s3",
            marks=pytest.mark.skipif(not MOTO, reason="NO MOTO: pip install -c constraints.txt --group dev"),
        ),
    ]
)
def store(request, tmp_path, monkeypatch):
    """The address of an empty store."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(remote.tempfile, "gettempdir", lambda: str(tmp_path / "scratch"))
    if request.param == "memory":
        fsspec.filesystem("memory").store.clear()
        return "memory://captures"
    for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": request.getfixturevalue("server")})
    fsspec.filesystem("s3").mkdir(name := f"b{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]}")
    return f"s3://{name}"


@pytest.fixture
def local(tmp_path):
    """Three sites, one of them a folder, and their cases as a folder has them."""
    plan = write_sites(tmp_path / "sites", 3)
    folder = tmp_path / "sites" / "office-0002"
    folder.mkdir()
    (tmp_path / "sites" / "office-0002.pcap").rename(folder / "deep.pcap")
    sites = read_plan(plan)
    sites[2] = Site("售楼处0002", (str(folder),), ("192.168.1.0/24",), district="南区")
    run_campaign(tasks_of(sites, tmp_path / "out", faces=False, project_key=tmp_path / "sites" / "key"))
    return sites


def put(store, tmp_path, local):
    """The captures go to the store; a plan that names them there."""
    files, root = fsspec.core.url_to_fs(store)
    for path in (tmp_path / "sites").rglob("*.pcap"):
        files.put_file(str(path), f"{root}/in/{path.relative_to(tmp_path / 'sites').as_posix()}")
    lines = ["site,captures,inside,district"]
    for site in local:
        name = site.captures[0].rpartition("sites/")[2]
        lines.append(f"{site.site},{store}/in/{name},192.168.1.0/24,{site.district}")
    (tmp_path / "plan.csv").write_text("\n".join(lines), encoding="utf-8")
    return read_plan(tmp_path / "plan.csv")


def test_captures_and_cases_in_a_store_give_the_same_cases(store, local, tmp_path):
    sites = put(store, tmp_path, local)
    tasks = tasks_of(sites, f"{store}/out", faces=False, project_key=tmp_path / "sites" / "key")
    assert {one.state for one in run_campaign(tasks)} == {"audited"}
    assert {one.state for one in run_campaign(tasks)} == {"kept"}
    files, root = fsspec.core.url_to_fs(store)
    there = {}
    for path in files.find(f"{root}/out/cases"):
        site, name, *inner = path.partition("/cases/")[2].split("/")
        if name.startswith("case-") and inner[-1] not in OF_A_RUN:
            there["/".join(("cases", site, "case", *inner))] = hashlib.sha256(files.cat_file(path)).hexdigest()
    assert there == bytes_of(tmp_path / "out")
    scratch = remote.scratch_of(f"{store}/out")
    assert not [path for path in scratch.rglob("*.p*") if path.suffix in (".pcap", ".parquet")]

    campaign = open_campaign(f"{store}/out")
    assert set(campaign.captures["site"]) == {site.site for site in local}
    assert not list(campaign.folder.rglob("private"))
    assert [row["state"] for row in standing(campaign.folder)] == ["done"] * 3


def test_a_failure_is_a_row_there_and_a_store_that_fails_loses_no_case(store, local, tmp_path, monkeypatch):
    sites = [*put(store, tmp_path, local)[:1], Site("gone", (f"{store}/in/none.pcap",))]
    tasks = tasks_of(sites, f"{store}/out", faces=False)

    def full(*_):
        raise remote.StoreError("the store is full")

    real = remote.put_case
    monkeypatch.setattr(remote, "put_case", full)
    assert [one.reason for one in run_campaign(tasks)] == [
        "the store is full",
        f"{store}/in/none.pcap: there is nothing",
    ]
    told = standing(remote.mirrored(f"{store}/out"))
    assert [row["state"] for row in told] == ["failed", "failed"]
    monkeypatch.setattr(remote, "put_case", real)
    monkeypatch.setattr(one_site, "_case_into", lambda *_: pytest.fail("it was audited already"))
    again = run_campaign(tasks_of(sites, f"{store}/out", faces=False))
    assert [one.state for one in again] == ["audited", "failed"]
    told = {row["site"]: row["state"] for row in standing(remote.mirrored(f"{store}/out"))}
    assert told == {sites[0].site: "done", "gone": "failed"}


def test_a_case_of_another_attempt_goes_when_a_new_one_counts(store, local, tmp_path):
    site = put(store, tmp_path, local)[0]
    place = tmp_path / "place"
    (place / "case").mkdir(parents=True)
    files, root = fsspec.core.url_to_fs(f"{store}/out/cases/{site.folder}")
    for text in (b"1", b"2"):
        (place / "case" / "manifest.json").write_bytes(text)
        (place / "done.json").write_text(json.dumps({"manifest": hashlib.sha256(text).hexdigest()}))
        remote.put_case(f"{store}/out", site, place)
        said = remote.done_there(f"{store}/out", site)
        assert files.cat_file(f"{root}/{said['case']}/manifest.json") == text
    files.invalidate_cache()
    assert len(files.ls(root)) == 2
    files.pipe_file(f"{root}/{said['case']}/manifest.json", b"3")
    assert remote.done_there(f"{store}/out", site) is None


def test_what_is_no_campaign_is_said(store):
    with pytest.raises(UsageError, match="is no campaign"):
        open_campaign(f"{store}/nothing")


def test_a_plan_keeps_addresses(tmp_path):
    (tmp_path / "plan.csv").write_text("site,captures\na,s3://b/one.pcap;two.pcap\n", encoding="utf-8")
    site = read_plan(tmp_path)[0]
    assert site.captures == ("s3://b/one.pcap", str(tmp_path / "two.pcap"))
    write_plan(tmp_path / "again.csv", [site])
    assert read_plan(tmp_path / "again.csv")[0].captures == site.captures

"""What callers from Python rely on: examples of the docstrings, forgiving arguments, errors in their words, types."""

from __future__ import annotations

import datetime
import doctest
import ipaddress
import shutil
from importlib import resources
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import netaudit
from netaudit.api import auditing
from netaudit.api import case as cases
from netaudit.core.schema import TABLES
from netaudit.errors import UsageError
from netaudit.evidence.case import reading

DEMO = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"
NINE = int(datetime.datetime(2026, 3, 14, 1, 30, tzinfo=datetime.UTC).timestamp()) * 10**9


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("api")
    shutil.copy(DEMO, folder / "office.pcapng")
    return folder


def run(name: str, names: dict[str, Any]) -> None:
    """The examples of one docstring."""
    module = auditing if name == "api.audit" else cases
    tests = [one for one in doctest.DocTestFinder().find(module, "api", globs=names) if one.name == name]
    assert len(tests) == 1
    assert tests[0].examples
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(tests[0], out=told.append)
    assert not runner.failures, "".join(told)


def test_examples_of_the_docstrings_are_true(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    run("api.audit", {"netaudit": netaudit})
    case = netaudit.open_case("case")
    for name in ("open_case", "Case.device", "Case.sql", "Case.search", "Case.report"):
        if name != "Case.sql" or pytest.importorskip("duckdb"):
            run(f"api.{name}", {"netaudit": netaudit, "case": case})


@pytest.fixture(scope="module")
def case(place: Path) -> netaudit.Case:
    return netaudit.audit(DEMO, place / "small", since="2026-03-14T09:30:00", zone="Asia/Shanghai", faces=False)


def test_every_table_is_a_typed_attribute() -> None:
    source = Path(reading.__file__).read_text("utf-8")
    for table in TABLES:
        assert f"        {table.name}: pd.DataFrame\n" in source
    assert resources.files("netaudit").joinpath("py.typed").is_file()
    assert "return" in get_type_hints(cases.Case.report)


@pytest.mark.parametrize(
    "given",
    ["2026-03-14T09:30:00+08:00", "2026-03-14T09:30:00", "2026-03-14 01:30Z", NINE,
     datetime.datetime.fromisoformat("2026-03-14T09:30"), datetime.datetime(2026, 3, 14, 1, 30, tzinfo=datetime.UTC)],
)  # fmt: skip
def test_times_with_and_without_a_zone(given: auditing.Time) -> None:
    assert auditing._time("since", given, "Asia/Shanghai") == NINE


def test_networks_are_one_or_several() -> None:
    one = ipaddress.ip_network("10.0.0.0/8")
    assert [auditing._network(net) for net in cases.several(one)] == ["10.0.0.0/8"]
    assert [auditing._network(net) for net in cases.several("192.168.1.7/24")] == ["192.168.1.0/24"]
    assert list(cases.several((one, "fd00::/8"))) == [one, "fd00::/8"]
    assert list(cases.several(Path("a"))) == [Path("a")]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"inside": "192.168"}, "inside='192.168'"),
        ({"since": "yesterday"}, "since='yesterday': not a time"),
        ({"until": datetime.datetime.fromisoformat("2026-01-01")}, "until='2026-01-01T00:00:00': in which zone"),
        ({"since": 2, "until": 1}, "since= is not before until="),
        ({"zone": "Mars/Base"}, "no such time zone"),
        ({"lang": "de"}, "lang='de': say zh or en"),
        ({"keys_for": "all"}, "authority= TEXT"),
        ({"project_key": "/no/such"}, "project_key= /no/such"),
    ],
)
def test_errors_are_in_the_words_of_the_caller(given: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        netaudit.audit(DEMO, tmp_path / "case", **given)
    assert told in str(caught.value)
    assert "--" not in str(caught.value)


def test_a_case_that_is_there_names_the_argument(case: netaudit.Case) -> None:
    with pytest.raises(UsageError, match="overwrite=True"):
        netaudit.audit(str(DEMO), str(case.folder))


def test_a_device_knows_what_belongs_to_it(case: netaudit.Case) -> None:
    device = case.device("192.168.1.64")
    assert device.device_id in repr(device)
    assert len(device.claims) > 3
    assert len(device.flows) > 0
    assert device.decision is None
    assert set(device.observations["ip"]) | set(device.observations["mac"]) <= {*device.addresses, ""}
    with pytest.raises(UsageError, match="no device"):
        case.device("198.51.100.1")
    with pytest.raises(AttributeError):
        _ = device.nothing


def test_the_zone_of_the_site_is_kept(case: netaudit.Case) -> None:
    assert case.manifest["options"]["zone"] == "Asia/Shanghai"
    assert "Asia/Shanghai" in case.report(case.folder.parent / "r.html").read_text("utf-8")


def test_a_search_says_where(case: netaudit.Case) -> None:
    found = case.search("192.168.1.64", most=7)
    assert len(found) == 7
    for table, row, column in zip(found["table"], found["row"], found["column"], strict=True):
        assert "192.168.1.64" in str(case.table(table).to_pylist()[row][column])
    with pytest.raises(UsageError, match="two characters"):
        case.search("a")
    with pytest.raises(UsageError, match="no table"):
        case.search("abc", "nothing")


def test_sql_reaches_nothing_else(case: netaudit.Case) -> None:
    pytest.importorskip("duckdb")
    assert case.sql("SELECT count(*) AS n FROM flows")["n"][0] == len(case.flows)
    for question in ("COPY flows TO '/tmp/x'", "SELECT * FROM read_csv('/etc/passwd')", "SELECT 1; SELECT 2"):
        with pytest.raises(UsageError):
            case.sql(question)
    with pytest.raises(UsageError, match="LIMIT"):
        case.sql("SELECT * FROM range(100)", rows=10)

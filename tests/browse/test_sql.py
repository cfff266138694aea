"""SQL reaches the tables and nothing else."""

import time

import pytest

pytest.importorskip("duckdb")

from netaudit.browse import sql
from netaudit.case.reading import open_case
from netaudit.errors import UsageError


def test_tables_are_there(made):
    answer = sql.ask(open_case(made), "SELECT finding_id, images FROM findings WHERE certainty = 'A' ORDER BY images")
    assert answer.names == ["finding_id", "images"]
    assert answer.rows == [("F0000", 0), ("F0004", 4)]
    assert not answer.more


@pytest.mark.parametrize(
    "question",
    [
        "SELECT * FROM read_csv('{private}')", "SELECT * FROM read_text('{private}')", "SELECT * FROM read_blob('{private}')",
        "SELECT * FROM read_parquet('{private}')", "SELECT * FROM '{private}'", "SELECT * FROM glob('{folder}/*')",
        "COPY (SELECT 1) TO '{folder}/out.csv'", "ATTACH '{folder}/x.db'", "INSTALL httpfs", "LOAD httpfs",
        "SELECT 1; SELECT 2", "SET enable_external_access = true", "RESET lock_configuration", "CREATE TABLE x (a INT)",
        "DROP VIEW findings", "EXPORT DATABASE '{folder}/e'", "PRAGMA database_list", "SELECT * FROM case", "SELECT * FROM made",
        "SELECT getenv('HOME')", "SELECT * FROM 'http://127.0.0.1:9/x.csv'", "SELECT", "CALL pragma_version()",
        "SELECT * FROM persons_clear", "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/out.csv'",
    ],
)  # fmt: skip
def test_nothing_else_is_reached(made, question):
    before = sorted(made.rglob("*"))
    with pytest.raises(UsageError):
        sql.ask(open_case(made), question.format(private=made / "private" / "secret.parquet", folder=made))
    assert sorted(made.rglob("*")) == before


def test_rows_and_time_are_bounded(made):
    case = open_case(made)
    answer = sql.ask(case, "SELECT * FROM range(1000000)", rows=7)
    assert len(answer.rows) == 7
    assert answer.more
    with pytest.raises(UsageError, match="took more than"):
        sql.ask(
            case,
            "SELECT count(*) FROM range(1000000000000) WHERE range % 7 = 3",  # needs time only, no memory
            seconds=0.3,
        )


@pytest.mark.parametrize(
    "question",
    [
        "SELECT repeat('x', 2000000000)", "SELECT length(repeat('x', 2000000000))", "SELECT rpad('x', 2000000000, 'y')",
        "SELECT printf('%2000000000d', 1)", "SELECT range(1000000000)", "SELECT repeat('x', 200000000) FROM range(100)",
        "SELECT string_agg(repeat('x', 1000), '') FROM range(10000000)",
    ],
)  # fmt: skip
def test_what_takes_all_memory_ends_another_process(made, question):
    case = open_case(made)
    began = time.monotonic()
    with pytest.raises(UsageError):
        sql.ask(case, question)
    assert time.monotonic() - began < 60
    assert sql.ask(case, "SELECT 1").rows == [(1,)]


def test_cells_are_bounded(made):
    answer = sql.ask(open_case(made), "SELECT repeat('x', 1000000), 1::HUGEINT << 100, DATE '2026-01-02', [1, 2], NULL")
    assert answer.rows == [("x" * 4096, str(1 << 100), "2026-01-02", "[1, 2]", None)]

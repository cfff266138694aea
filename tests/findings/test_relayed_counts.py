"""Which test names an endpoint by a count: the same for finding, verdict and report."""

from __future__ import annotations

from netaudit.findings.relayed import counted_tests

ROW = {"holder": "10.0.0.1", "sender": "10.0.0.1", "receiver": "192.0.2.1", "p": 1e-3, "p_model": 1e-6, "least": 7}


def test_the_likelier_of_two_tests_at_the_cap_is_taken() -> None:
    better = ROW | {"p_model": 1e-9, "mode": "batch"}
    assert counted_tests([ROW, better], ()) == counted_tests([better, ROW], ()) == [better]


def test_an_endpoint_told_by_its_images_or_not_believed_is_not_counted() -> None:
    other = ROW | {"receiver": "192.0.2.2", "least": None}
    assert counted_tests([ROW, other], {("10.0.0.1", "10.0.0.1", "192.0.2.1")}) == []


def test_each_endpoint_is_counted_once_and_in_order() -> None:
    other = ROW | {"receiver": "192.0.2.0"}
    assert counted_tests([ROW, other, ROW], ()) == [other, ROW]

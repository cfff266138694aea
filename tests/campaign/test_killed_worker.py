"""What Dask says of workers that died is not yet the fault of a site."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from netaudit.campaign import one_site
from netaudit.campaign.plan import Site

pytest.importorskip("distributed", reason="NO DASK: install the extra campaign")


class Future:
    """One that is done at once."""

    def __init__(self, key, made):
        self.key, self._made = key, made

    def add_done_callback(self, call):
        call(self)

    def result(self):
        if isinstance(self._made, Exception):
            raise self._made
        return self._made


class Killed(Exception):
    """As Dask's."""


@pytest.mark.parametrize(("begun", "state"), [(0, "audited"), (2, "audited"), (3, "failed")])
def test_a_site_that_only_waited_is_given_again(tmp_path, begun, state):
    from netaudit.campaign import on_dask

    one_site.prepare(tmp_path)
    task = one_site.Task(Site("a", ("a.pcap",)), str(tmp_path), "run")
    (tmp_path / "started" / task.name).write_text("\n".join(["other", *["run"] * begun]))
    answers = [Killed("of four workers"), one_site.Result("a", "audited")]
    client = SimpleNamespace(status="running", submit=lambda *_, key, **__: Future(key, answers.pop(0)))
    dask = SimpleNamespace(KilledWorker=Killed)
    results = list(on_dask._through(dask, client, [task], "tcp://x", lambda _: None))
    assert [result.state for _, result in results] == [state]


def test_what_a_worker_cannot_take_is_a_row_with_its_reason(tmp_path):
    from netaudit.campaign import on_dask

    one_site.prepare(tmp_path)
    task = one_site.Task(Site("a", ("a.pcap",)), str(tmp_path), "run")
    error = ModuleNotFoundError("No module named 'netaudit'")
    client = SimpleNamespace(status="running", submit=lambda *_, key, **__: Future(key, error))
    results = list(on_dask._through(SimpleNamespace(KilledWorker=Killed), client, [task], "tcp://x", lambda _: None))
    assert [one.reason for _, one in results] == [f"a worker could not take it: ModuleNotFoundError: {error}"]
    assert one_site.failure(tmp_path, task.site)["reason"] == results[0][1].reason

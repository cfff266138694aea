"""The limits of a report quote what applies to its own case."""

import pyarrow as pa
import pytest

from netaudit.report.sections_method import applying
from netaudit.report.wording import Wording


class Ledgers:
    """A case of nothing but ledgers."""

    manifest: dict = {}

    def __init__(self, **understood):
        self._rows = [{"ledger": name, "understood": value} for name, value in understood.items()]

    def table(self, name, columns=None):
        assert name == "ledgers"
        return pa.Table.from_pylist(self._rows, schema=pa.schema([("ledger", pa.string()), ("understood", pa.bool_())]))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_limits_follow_the_open_rows(lang):
    w = Wording(lang)
    assert applying(Ledgers(contradictions=True, images=False), w) == []
    both = applying(Ledgers(contradictions=False, egress=False, faces=True), w)
    assert both == [w.t.group("limit_where")[name] for name in ("contradictions", "egress")]

"""What is shown of a message beside its rows is masked and steers no terminal."""

from __future__ import annotations

from netaudit.protocols.message import Message
from netaudit.tables.shown_messages import first_line


def test_a_method_that_is_free_text_is_masked() -> None:
    said = first_line(Message("dahua", 0, 0, 0, method="\x1b[31m110101199003074514", path="/x"), 80)
    assert "\x1b" not in said
    assert "110101199003074514" not in said
    assert said.endswith("/x (dahua)")

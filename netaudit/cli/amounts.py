"""What a progress bar says of how much is done, each stage in its own unit. Imports rich: ask for it when drawing."""

from __future__ import annotations

from rich.filesize import decimal
from rich.progress import ProgressColumn, Task
from rich.text import Text


class Done(ProgressColumn):
    """How much of how much: bytes where `unit` is empty, else a number and the unit."""

    def render(self, task: Task) -> Text:
        """One cell."""
        unit, total = task.fields["unit"], task.total
        parts = [_amount(task.completed, unit), *([_amount(total, unit)] if total else [])]
        return Text("/".join(parts) + (f" {unit}" if unit else ""), style="progress.download")


class Rate(ProgressColumn):
    """How much a second, in the same unit."""

    def render(self, task: Task) -> Text:
        """One cell."""
        speed = task.finished_speed or task.speed
        return Text(f"{_amount(speed, task.fields['unit'])}/s" if speed else "", style="progress.data.speed")


def _amount(value: float, unit: str) -> str:
    return f"{value:,.0f}" if unit else decimal(int(value))

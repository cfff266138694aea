"""The live screen: a terminal application over the board.

It draws four times a second what the board holds, so that no amount of news slows it down. It has no frames and no
colours that mean something alone, so that it can be read on any terminal of 80 × 24.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import App
from textual.binding import Binding
from textual.containers import Horizontal
from textual.events import Key, Paste
from textual.widget import Widget
from textual.widgets import Input

from netaudit.pipeline.live.from_report import Terms
from netaudit.pipeline.live.views import PANELS, Line, Words, clean, clock, fit, head_of, rows_of, status
from netaudit.pipeline.live.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.events import Event

    from netaudit.pipeline.live.board import Board

DRAWS = 4  # a second
MOST_TEXT = 200  # characters of a mark
EDITING = {  # keys of a field for text → what they do to it
    key: binding.action for binding in Input.BINDINGS if isinstance(binding, Binding) for key in binding.key.split(",")
}
SCROLLS = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10, "home": -(1 << 30), "end": 1 << 30}


class Panel(Widget):
    """One list: a title, and as many rows as there is room for."""

    def __init__(self, panel: str, board: Board, words: Callable[[], Words]) -> None:
        super().__init__(id=panel)
        self._panel, self._board, self._words = panel, board, words
        self._first = 0

    def scroll_rows(self, rows: int) -> None:
        """Show rows further down, or up."""
        self._first = max(0, self._first + rows)
        self.refresh()

    def render(self) -> Text:
        """Title and rows; texts stay texts."""
        width, height, words = self.size.width, self.size.height, self._words()
        self._first = max(0, min(self._first, self._board.length(self._panel) - (height - 1)))
        rows = rows_of(self._panel, self._board, width, words, self._first, height - 1)
        head = f"{PANELS.index(self._panel) + 1} {head_of(self._panel, self._board, words.lang)}"
        return as_text([Line(fit(head, width), "bold underline"), *rows])


class Strip(Widget):
    """Rows that are made anew at each drawing."""

    def __init__(self, name: str, rows: Callable[[int], list[Line]]) -> None:
        super().__init__(id=name)
        self._rows = rows

    def render(self) -> Text:
        """The rows as they are now."""
        return as_text(self._rows(self.size.width))


class LiveScreen(App[None]):
    """Shows the board; marks moments on it and asks it to stop. Ends when the board is closed.

    `started` is called when the screen is up.
    """

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    CSS = """
    Screen { overflow: hidden; background: ansi_default; color: ansi_default; }
    #top { height: 1; text-style: reverse; }
    #status { height: 3; }
    #alerts { height: 3fr; min-height: 3; }
    #uploads { height: 3fr; min-height: 4; }
    #counted { height: 2fr; min-height: 3; }
    #lower { height: 3fr; min-height: 4; }
    #devices, #endpoints { width: 1fr; height: 100%; }
    #devices { margin-right: 1; }
    #notes { height: 2fr; min-height: 3; }
    #prompt, #keys { height: 1; }
    #keys { text-style: reverse; }
    #prompt { text-style: bold; }
    #mark { height: 1; border: none; padding: 0; background: ansi_default; color: ansi_default; display: none; }
    .hidden { display: none; }
    .large { height: 1fr; }
    .wide { width: 1fr; margin: 0; }
    """

    def __init__(self, board: Board, interface: str, lang: str, started: Callable[[], None] | None = None) -> None:
        super().__init__(ansi_color=True)
        self.board = board
        self._interface = clean(interface, 40)
        self._started = started
        self._words = Words(lang, Terms(lang))
        self._mode = "watch"  # or mark, stop: what the keys mean
        self._drawn = (-1, "")  # version of the board and language that the lists show
        self._zoomed = ""  # panel that has all the room
        self._began = time.monotonic()
        self._pressed = 0  # when the key for marking was pressed
        self._field = Input(id="mark", max_length=MOST_TEXT, select_on_focus=False)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Strip("top", self._top)
        yield Strip("status", lambda width: status(self.board.rate, width, self._words.lang))
        for name in ("alerts", "uploads", "counted"):
            yield self._panel(name)
        with Horizontal(id="lower"):
            yield self._panel("devices")
            yield self._panel("endpoints")
        yield self._panel("notes")
        yield Strip("prompt", self._prompt)
        yield Strip("keys", self._keys)
        yield self._field

    def on_mount(self) -> None:
        """Begin to draw, then let the work begin."""
        self.set_interval(1 / DRAWS, self._draw)
        if self._started is not None:
            self._started()

    def _panel(self, name: str) -> Panel:
        return Panel(name, self.board, lambda: self._words)

    def _draw(self) -> None:
        if self.board.closed:
            self.exit()
            return
        for strip in self.query(Strip):
            strip.refresh()
        if self._drawn != (drawn := (self.board.version, self._words.lang)):  # nothing new costs nothing
            self._drawn = drawn
            for panel in self.query(Panel):
                panel.refresh()

    def _top(self, width: int) -> list[Line]:
        seconds = int(time.monotonic() - self._began)
        state = say("closing" if self.board.stopping() else "recording", self._words.lang)
        elapsed = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        text = f"{say('title', self._words.lang)}  {self._interface}  {elapsed}  {state}"
        return [Line(fit(text, width).ljust(width))]

    def _prompt(self, width: int) -> list[Line]:
        if self._mode == "mark":
            return [Line(fit(say("mark_prompt", self._words.lang, at=clock(self._pressed)), width))]
        return [Line(fit(say("stop_prompt", self._words.lang), width) if self._mode == "stop" else "")]

    def _keys(self, width: int) -> list[Line]:
        key = "keys_zoomed" if self._zoomed else "keys"
        return [Line(fit(say(key, self._words.lang), width).ljust(width))]

    async def on_event(self, event: Event) -> None:
        """Keys act here, in the order in which they were pressed.

        Handed on to widgets they come back through queues of their own, where some keys overtake others: Ctrl-C after
        "n" confirmed the question that "n" had just answered with no.
        """
        if isinstance(event, Key) and not event.is_forwarded:
            await self._press(event)
        elif isinstance(event, Paste) and not event.is_forwarded:
            if self._mode == "mark":
                self._field.insert_text_at_cursor(" ".join(event.text.split()))
        else:
            await super().on_event(event)

    async def _press(self, event: Key) -> None:
        """One key, by what it means now."""
        if event.key == "ctrl+c":
            self._interrupt()
        elif event.key == "ctrl+q":
            self._ask_stop()
        elif self._mode == "mark":
            await self._marking(event)
        elif self._mode == "stop":
            if event.key == "y":
                self.board.stop()
            if event.key in {"y", "n", "escape"}:
                self._leave()
        else:
            self._watching(event.key)

    async def _marking(self, event: Key) -> None:
        """A key for the text of a mark."""
        if event.key == "escape":
            self._leave()
        elif event.key == "enter":
            self.board.mark(self._pressed, self._field.value.strip())  # the time of its key, not of its text
            self._leave()
        elif event.character and event.is_printable:
            self._field.insert_text_at_cursor(event.character)
        elif action := EDITING.get(event.key):
            await self.run_action(action, self._field)

    def _watching(self, key: str) -> None:
        if key == "m":
            self._ask_mark()
        elif key in {"s", "q"}:
            self._ask_stop()
        elif key == "l":
            self._words = Words(lang := "en" if self._words.lang == "zh" else "zh", Terms(lang))
            self._draw()
        elif key in {"0", "escape"}:
            self._zoom("")
        elif key.isascii() and key.isdigit() and 1 <= int(key) <= len(PANELS):
            self._zoom(PANELS[int(key) - 1])
        elif key in SCROLLS and self._zoomed:
            self.query_one(f"#{self._zoomed}", Panel).scroll_rows(SCROLLS[key])

    def _ask_stop(self) -> None:
        """Ask whether to stop; nothing is left to ask when stopping already."""
        if not self.board.stopping():
            self._leave()
            self._mode = "stop"
            self._draw()

    def _interrupt(self) -> None:
        """Ctrl-C asks, and once more means yes."""
        if self._mode == "stop":
            self.board.stop()
            self._leave()
        else:
            self._ask_stop()

    def _ask_mark(self) -> None:
        self._pressed = time.time_ns()
        self._mode = "mark"
        self._field.value = ""
        self._field.styles.display = "block"
        self._field.focus()
        self.query_one("#keys").styles.display = "none"
        self._draw()

    def _leave(self) -> None:
        self._mode = "watch"
        self._field.styles.display = "none"
        self.query_one("#keys").styles.display = "block"
        self.set_focus(None)
        self._draw()

    def _zoom(self, panel: str) -> None:
        self._zoomed = panel
        for name in PANELS:
            one = self.query_one(f"#{name}")
            one.set_class(bool(panel) and name != panel, "hidden")
            one.set_class(name == panel, "wide" if name in {"devices", "endpoints"} else "large")
        lower = self.query_one("#lower")
        lower.set_class(bool(panel) and panel not in {"devices", "endpoints"}, "hidden")
        lower.set_class(panel in {"devices", "endpoints"}, "large")
        self._draw()


def as_text(lines: list[Line]) -> Text:
    """Lines with their styles; nothing in them is markup."""
    out = Text(no_wrap=True, overflow="crop", end="")
    for place, line in enumerate(lines):
        out.append(("\n" if place else "") + line.text, line.style or None)
    return out

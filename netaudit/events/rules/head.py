"""What is said of a message outside its body, in the words that entries use."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote_plus

from netaudit.events.rules.nodes import plain

MOST_FIELDS = 64  # of a query string
LONGEST = 4096  # characters of a request target


def path_of(target: str) -> str:
    """A request target without its query."""
    return target[:LONGEST].partition("?")[0].partition("#")[0]


@dataclass
class Head:
    """Protocol, direction and names of a message. Of a reply, method, host and path are those of its request."""

    protocol: str = ""
    reply: bool = False
    method: str = ""
    host: str = ""
    target: str = ""  # path with the query; the topic of MQTT
    headers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The target without its query."""
        return path_of(self.target)

    @cached_property
    def query(self) -> dict[str, str]:
        """Fields of the query string by plain name; the first of a name counts."""
        text = self.target[:LONGEST].partition("?")[2].partition("#")[0]
        out: dict[str, str] = {}
        for pair in text.split("&", MOST_FIELDS)[:MOST_FIELDS]:
            name, _, value = pair.partition("=")
            out.setdefault(plain(unquote_plus(name, errors="replace")), unquote_plus(value, errors="replace"))
        return out

    def header(self, name: str) -> str:
        """First value of a header by lower-case name, or the empty string."""
        return next((value for key, value in self.headers if key == name), "")

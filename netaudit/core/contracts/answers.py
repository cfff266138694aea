"""Notes of messages by which they refuse what they answer though their status does not say so, or ask a proxy."""

REFUSED = "answer: refuses in its body"
LOGIN = "answer: sends to a page for logging in"
BROKEN_OFF = "answer: stream reset"
IN_FIELD = "answer: refuses in a field"
UNACKNOWLEDGED = "answer: never came, though the protocol asks for one"
REFUSALS = frozenset({REFUSED, LOGIN, BROKEN_OFF, IN_FIELD, UNACKNOWLEDGED})
PROXIED = "asked of a proxy"  # the target is in absolute form (RFC 9112, 3.2.2)

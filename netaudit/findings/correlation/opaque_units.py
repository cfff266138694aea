"""Units out of messages whose body nobody understood: own encryption over plain HTTP, MQTT and the like.

A message has its ends, so its body is known to the byte; what was made of an image there is as long as the image and a
constant (a nonce, a tag), as in any other carrier. Of a document with obscure bytes in base64 these are the size.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import ENCRYPTED_UPLOADS, LEAST_UNIT

BODY = "body"
MOSTLY = 0.9  # of a body that is obscure as it is
IN_TEXT = 0.6  # of one whose obscure bytes are in base64: three for four characters, beside a few words


def with_bodies(uploads: pa.Table, messages: pa.Table) -> pa.Table:
    """`encrypted_uploads`, and a row for each such message that a client sent."""
    needed = {"obscure", "direction", "body_size", "first_ts", "last_ts", "flow_id", "complete"}
    if not needed <= set(messages.column_names):
        return uploads
    share = pc.divide(pc.cast(messages["obscure"], pa.float64()), pc.max_element_wise(messages["body_size"], 1))
    obscure = pc.and_(pc.greater_equal(messages["obscure"], LEAST_UNIT), pc.greater_equal(share, IN_TEXT))
    sent = pc.and_(pc.and_(obscure, messages["complete"]), pc.equal(messages["direction"], "up"))
    rows = messages.append_column("share", share).filter(sent)
    rows = rows.sort_by([("flow_id", "ascending"), ("first_ts", "ascending")])
    if not rows.num_rows:
        return uploads
    constant = {"records": 1, "before_records": 1, "before_octets": LEAST_UNIT, "padded": 0, "rule": BODY}
    constant |= {"from_start": False, "lossy": False, "answered_ts": None, "lengths": [], "repeats": []}
    size = pc.if_else(pc.greater_equal(rows["share"], MOSTLY), rows["body_size"], rows["obscure"])
    place = pa.array(range(1, rows.num_rows + 1), pa.int64())
    known = {"unit_id": rows["message_id"], "ordinal": place, "octets": size, "plaintext_low": size}
    known |= {"plaintext_high": size}
    columns = []
    for field in ENCRYPTED_UPLOADS.schema():
        if field.name in known:
            columns.append(known[field.name].cast(field.type))
        elif field.name in constant:
            columns.append(pa.array([constant[field.name]] * rows.num_rows, field.type))
        else:
            columns.append(rows[field.name].cast(field.type))
    return pa.concat_tables([uploads, pa.table(columns, schema=ENCRYPTED_UPLOADS.schema())])

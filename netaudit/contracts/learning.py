"""What bounds of learning cut off, as the ledger of understanding calls it."""

MESSAGES_CUT = "messages beyond the bound"  # were not looked at
LEAVES_CUT = "leaves beyond the bound"  # of messages that say more than is learned from
RECORDS_CUT = "records beyond the bound"  # of messages that hold more than are told
FIELDS_CUT = "fields beyond the bound"  # their routes are not in the table of fields
VALUES_CUT = "values beyond the bound"  # more distinct ones than are kept in clear
HIDING = frozenset({MESSAGES_CUT, LEAVES_CUT, RECORDS_CUT})  # somebody may stand in what is not looked at

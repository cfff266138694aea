"""What is said of an image by who judges, writes tables and counts: `images.face`, and codes of `images.why`.

What bounds of learning cut off, as the ledger of understanding calls it.
"""

AS_HOLDER = "as its parent"  # face of a thumbnail: it shows the picture that holds it, which shows a face

STOPPED = "image_interrupted"  # somebody ended the audit while it judged
TOO_SMALL = "image_small"  # icons, which are no evidence
NOT_ASKED = "image_off"
NOT_WHOLE = "image_no_face_seen"  # in what is not whole, or not all there is
MANY_PICTURES = "image_pictures"  # in one file
GIVEN_UP = "image_given_up"
NO_HELPER = "image_no_helper"
CRASHED = "image_crashed"
WORKED, STALLED = "image_worked", "image_stalled"  # the decoder, for longer than it may


MESSAGES_CUT = "messages beyond the bound"  # were not looked at
LEAVES_CUT = "leaves beyond the bound"  # of messages that say more than is learned from
RECORDS_CUT = "records beyond the bound"  # of messages that hold more than are told
FIELDS_CUT = "fields beyond the bound"  # their routes are not in the table of fields
VALUES_CUT = "values beyond the bound"  # more distinct ones than are kept in clear
HIDING = frozenset({MESSAGES_CUT, LEAVES_CUT, RECORDS_CUT})  # somebody may stand in what is not looked at

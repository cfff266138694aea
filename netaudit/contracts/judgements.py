"""What is said of an image by who judges, writes tables and counts: `images.face`, and codes of `images.why`."""

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

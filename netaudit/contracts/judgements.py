"""What is said of an image by who judges, who writes tables and who counts: `images.face`, `images.why`."""

AS_HOLDER = "as its parent"  # face of a thumbnail: it shows the picture that holds it, which shows a face
STOPPED = "not looked at: the audit was interrupted"  # why: somebody ended the audit while it judged

"""Messages to parts: what is in a body is taken apart until images, documents and opaque bytes are left."""

OFFERS = (
    "codecs.bson",
    "codecs.form",
    "document",
    "part",
    "scalars",
    "sniff",
    "text",
    "tree",
)  # what other stages may take, through their doors

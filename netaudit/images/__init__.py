"""Images: where they end, what their headers declare, decoding and faces, in helper processes."""

OFFERS = ("extents", "kernels_segments", "previews", "stills")  # what other stages may take, through their doors

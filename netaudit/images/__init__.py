"""Images: where they end, what their headers declare, decoding and faces, in helper processes."""

"""RTP (RFC 3550) and the media in it."""

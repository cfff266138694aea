"""Handshakes in clear of TLS, DTLS and QUIC."""

"""Opening what is encrypted where keys are at hand: TLS 1.0 to 1.3 and QUIC, whose plaintext ordinary readers read."""

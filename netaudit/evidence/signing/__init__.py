"""What outsiders can check a case by: a signature over its manifest, a time stamp, sums. All in `signature/`."""

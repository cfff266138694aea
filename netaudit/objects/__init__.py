"""Messages to objects."""

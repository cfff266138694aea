"""What messages of unknown dialects mean: by how their fields are called and how they behave over many messages."""

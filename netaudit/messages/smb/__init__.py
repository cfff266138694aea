"""SMB, all generations."""

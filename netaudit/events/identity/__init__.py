"""Identity data in documents, and the records of persons made of it."""

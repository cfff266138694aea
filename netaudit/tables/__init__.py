"""What the stages say, as rows of the tables."""

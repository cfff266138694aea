"""Masking of what identifies a person, in whatever text it stands. Known by all, knows no room."""

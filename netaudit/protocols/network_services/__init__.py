"""Small protocols by which hosts find, configure and manage each other."""

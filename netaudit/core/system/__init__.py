"""What depends on the computer: user folders and cache, Windows' names, own processes. Known by all, knows no room."""

"""What depends on the computer: a user's folders and cache, Windows' names, own processes. Known by all, knows no room."""

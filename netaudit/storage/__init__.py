"""Files of a case, objects by their content, streams of tables. Known by all, knows no room."""

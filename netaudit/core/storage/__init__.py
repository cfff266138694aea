"""Files of a case, objects by their content, streams of tables, rows by their bytes. Known by all, knows no room."""

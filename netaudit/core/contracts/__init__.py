"""Values that stages hand on to each other: details of protocols, steps of unwrapping. Known by all, knows no room."""

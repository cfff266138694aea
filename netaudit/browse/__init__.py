"""A case in the browser of the computer it lies on: pages made here from its tables, for one user."""

"""Who is there: observations matched by signatures and joined into an inventory."""

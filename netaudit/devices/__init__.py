"""Observations about hosts, their endpoints over time, and the device inventory."""

"""Journeys: how one capture or check went from station to station, joined in the last step on tables."""

"""Faults seeded into the code at random: does `netaudit validate` notice them, do the tests of a room?"""

"""Faults seeded into the code at random: do the tests of a package notice them?"""

"""Protocols of camera and terminal makers."""

"""Drumbeat: one typed, safe, fast way for an AI assistant to its engineering systems."""

__version__ = "0.1.0"

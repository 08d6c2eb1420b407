"""Drumbeat: one typed, safe, fast way for an AI assistant to its engineering systems."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("drumbeat-mcp")
except PackageNotFoundError:  # a source tree that nobody installed
    __version__ = "0.0.0"

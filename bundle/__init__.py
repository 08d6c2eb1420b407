"""The desktop bundle: what it starts with, and its check."""

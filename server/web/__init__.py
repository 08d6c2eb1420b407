"""Drumbeat over HTTP: who may come in, how much of them, and how it starts and stops."""

"""The one way out: nothing else in Drumbeat opens a connection."""

from server.http.api import Api, Reply
from server.http.connection import Connection
from server.http.limits import Limits, Rate
from server.http.response import Response

__all__ = ["Api", "Connection", "Limits", "Rate", "Reply", "Response"]

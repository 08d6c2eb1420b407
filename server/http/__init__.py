"""The one way out: nothing else in Drumbeat opens a connection."""

from server.http.api import Api, Reply
from server.http.connection import Connection
from server.http.errors import VendorError
from server.http.manners import Manners, Rate
from server.http.payload import WouldSend
from server.http.response import Response

__all__ = ["Api", "Connection", "Manners", "Rate", "Reply", "Response", "VendorError", "WouldSend"]

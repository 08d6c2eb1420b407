"""The one way out: nothing else in Drumbeat opens a connection."""

from server.http.api import Api
from server.http.apis import Apis
from server.http.connection import Connection
from server.http.limits import Limits, Rate
from server.http.patience import Patience
from server.http.payload import Exactly
from server.http.reply import Reply
from server.http.response import Response
from server.http.shared import Place

__all__ = ["Api", "Apis", "Connection", "Exactly", "Limits", "Patience", "Place", "Rate", "Reply", "Response"]

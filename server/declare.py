"""The one door for vendors: all that a vendor's tools are declared, spoken and answered with."""

from server.access import Variable
from server.errors import Refusal, VendorError
from server.http import Api, Limits, Rate, Reply, Response
from server.http.api import Files
from server.http.connection import Query
from server.http.limits import says_too_many
from server.models import Done, JsonObject, Masked, Noise, Page, Text, VendorModel, snapshot
from server.redaction import MASK, SECRET
from server.spec import Change, Completes, Preview, Sensitive, Toolset, Vendor, changes
from server.times import Day, Moment, iso, utc

__all__ = [
    "MASK",
    "SECRET",
    "Api",
    "Change",
    "Completes",
    "Day",
    "Done",
    "Files",
    "JsonObject",
    "Limits",
    "Masked",
    "Moment",
    "Noise",
    "Page",
    "Preview",
    "Query",
    "Rate",
    "Refusal",
    "Reply",
    "Response",
    "Sensitive",
    "Text",
    "Toolset",
    "Variable",
    "Vendor",
    "VendorError",
    "VendorModel",
    "changes",
    "iso",
    "says_too_many",
    "snapshot",
    "utc",
]

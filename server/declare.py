"""The one door for vendors: all that a vendor's tools are declared, spoken and answered with."""

from server.access import Variable
from server.apps import App
from server.errors import Failure, Refusal, VendorError, nearest
from server.http import Api, Apis, Exactly, Limits, Rate, Reply, Response
from server.http.limits import says_too_many
from server.http.outgoing import Files, Query
from server.models import Done, Image, JsonObject, Noise, Page, Text, VendorModel, snapshot
from server.names import folded
from server.redaction import MASK, Masked, is_masked, names_secret, shows_secret
from server.restore import Change, Deletes, deletes, restores
from server.settings import Settings
from server.spec import Completes, Offers, Preview, Sensitive, Vendor, changes
from server.tail import collapsed, last
from server.times import LAST_MOMENT, Clock, Day, FirstDay, LastDay, Moment, Since, Until, covering, iso, utc
from server.wide import ALL, Fields, narrowed
from server.wording import counted

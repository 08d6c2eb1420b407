"""`drumbeat token`: a named token for the clients of a server over HTTP."""

import hashlib
import secrets
from argparse import Namespace

from pydantic import ValidationError

from server.cli import screen
from server.errors import Failure
from server.hosting import Hosting

BYTES = 32


def run(options: Namespace) -> int:
    """Print a new token, which is shown this once, and on stderr the line that lets it in."""
    token = secrets.token_urlsafe(BYTES)
    digest = hashlib.sha256(token.encode()).hexdigest()
    line = ":".join([options.name, options.access, digest, *([options.until.isoformat()] if options.until else [])])
    try:
        Hosting.model_validate({"DRUMBEAT_TOKENS": line})
    except ValidationError:
        raise Failure(f"{options.name!r} is no name for a token: letters, digits and . _ @ - are.") from None
    print(token)
    screen.note(f"Hand it out; it is not shown again. Add to the server's settings: DRUMBEAT_TOKENS={line}")
    return 0

"""`drumbeat serve` and `drumbeat demo`: the MCP server itself."""

import logging
import sys
from typing import TYPE_CHECKING, Literal

from server.app import Drumbeat
from server.cli.session import settings_of
from server.errors import ConfigurationError

if TYPE_CHECKING:
    from argparse import Namespace

Transport = Literal["stdio", "sse", "streamable-http"]


def run(options: "Namespace") -> int:
    """Serve as the options say."""
    return serve(options.transport, options.host, options.port, sandbox=options.sandbox)


def serve(transport: Transport = "stdio", host: str = "127.0.0.1", port: int = 8000, *, sandbox: bool = False) -> int:
    """Serve until the client goes away or the process is told to end."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings, catalogue = settings_of(sandbox=sandbox)
    if settings.journal == "stdout" and transport == "stdio":
        raise ConfigurationError("DRUMBEAT_JOURNAL: stdout carries the protocol here; name a directory.")
    if settings.keys == "headers" and transport == "stdio":
        raise ConfigurationError("DRUMBEAT_KEYS=headers is for HTTP, where requests have headers.")
    server = Drumbeat(settings, catalogue)
    if transport == "stdio":
        from server.transports import stdio

        stdio.run(server)
    else:
        from server.transports import http

        http.run(server, settings, catalogue.vendors, transport, host, port)
    return 0

"""`drumbeat serve` and `drumbeat demo`: the MCP server itself."""

import logging
import sys
from typing import TYPE_CHECKING, Literal

from server.cli.session import settings_of
from server.errors import ConfigurationError
from server.greeting import Greeting

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
    if settings.callers_bring_keys and transport == "stdio":
        raise ConfigurationError(f"DRUMBEAT_KEYS={settings.keys} is for HTTP, where there are several callers.")
    if transport == "stdio":
        greeting = Greeting(settings, catalogue).begin()
        # Only now, since it takes most of the start.
        from server.transports import stdio

        stdio.run(settings, catalogue, greeting)
    else:
        from server.app import Drumbeat
        from server.transports import http

        http.run(Drumbeat(settings, catalogue), settings, catalogue.vendors, transport, host, port)
    return 0

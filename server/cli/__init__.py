"""The `drumbeat` command."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from server import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    options = _parser().parse_args(argv)
    from server.app import Drumbeat
    from server.catalogue import read
    from server.errors import ConfigurationError
    from server.settings import load

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    environment = dict(os.environ)
    if options.command == "demo" or options.sandbox:
        environment["DRUMBEAT_SANDBOX"] = "1"
    try:
        catalogue = read()
        settings = load(environment, catalogue.vendors)
        if settings.journal == "stdout" and options.transport == "stdio":
            raise ConfigurationError("DRUMBEAT_JOURNAL: stdout carries the protocol here; name a directory.")
        if settings.keys == "headers" and options.transport == "stdio":
            raise ConfigurationError("DRUMBEAT_KEYS=headers is for HTTP, where requests have headers.")
        server = Drumbeat(settings, catalogue)
    except ConfigurationError as error:
        print(f"drumbeat: {error}", file=sys.stderr)
        return 2
    if options.transport == "stdio":
        from server.transports import stdio

        stdio.run(server)
    else:
        from server.transports import http

        try:
            http.run(server, settings, catalogue.vendors, options.transport, options.host, options.port)
        except ConfigurationError as error:
            print(f"drumbeat: {error}", file=sys.stderr)
            return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="drumbeat", description="MCP server for engineering metrics, CI/CD and team rituals."
    )
    parser.add_argument("--version", action="version", version=f"drumbeat {__version__}")
    parser.set_defaults(transport="stdio", host="127.0.0.1", port=8000, sandbox=False)
    commands = parser.add_subparsers(dest="command")
    for name, about in (("serve", "serve MCP (the default)"), ("demo", "serve MCP on the sandbox")):
        command = commands.add_parser(name, help=about, description=about)
        command.add_argument("--transport", choices=("stdio", "sse", "streamable-http"), default="stdio")
        command.add_argument("--host", default="127.0.0.1")
        command.add_argument("--port", type=int, default=8000)
        command.add_argument("--sandbox", action="store_true", help="made-up data instead of real vendors")
    return parser

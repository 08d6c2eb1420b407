"""stdio: the protocol on stdout, logs on stderr, a clean end on end of input, SIGTERM and SIGINT."""

import logging
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import anyio
from mcp.server.stdio import stdio_server

from server.apart import collect_garbage
from server.app import Drumbeat
from server.catalogue import Catalogue
from server.greeting import Greeting
from server.settings import Settings
from server.transports.lines import continued, readable

GRACE_SECONDS = 0.8
logger = logging.getLogger(__name__)


async def _serve(server: Drumbeat, greeting: Greeting) -> None:
    async with anyio.create_task_group() as tasks:

        async def end_on_signal() -> None:
            with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                async for _ in signals:
                    tasks.cancel_scope.cancel()
                    # The thread that reads stdin cannot be interrupted, so the process is.
                    if sys.platform != "win32":
                        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
                    return

        tasks.start_soon(end_on_signal)
        await _speak(server, greeting)
        tasks.cancel_scope.cancel()


async def _speak(server: Drumbeat, greeting: Greeting) -> None:
    inside = server._lowlevel_server
    await anyio.to_thread.run_sync(greeting.wait, abandon_on_cancel=True)
    async with (
        stdio_server() as (theirs, ours),
        continued(greeting, theirs, ours) as (lines, answers),
        readable(lines, answers) as messages,
    ):
        await inside.run(messages, answers, inside.create_initialization_options())


def _exit(signum: int, frame: FrameType | None) -> None:
    os._exit(0)


def run(settings: Settings, catalogue: Catalogue, greeting: Greeting) -> NoReturn:
    """Serve until the client goes away or the process is told to end; then end it.

    The thread that waits for stdin would keep the process alive, so it does not end by returning.
    """
    status = 0
    server = Drumbeat(settings, catalogue)
    collect_garbage()
    try:
        _run(server, greeting)
    except BaseException:
        logger.exception("The server ended with an error")
        status = 1
    sys.stderr.flush()
    os._exit(status)


def _run(server: Drumbeat, greeting: Greeting) -> None:
    try:
        if sys.platform == "win32":  # signals end the process there as they always do
            anyio.run(_speak, server, greeting)
        else:
            signal.signal(signal.SIGALRM, _exit)
            anyio.run(_serve, server, greeting)
    except* (BrokenPipeError, anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass  # The client closed its pipe: there is nobody left to tell.
    except* KeyboardInterrupt:
        pass

"""What an operator sees of a server: a line a call, and numbers. Never an argument, an answer or a key."""

import json
import logging
import sys
import time
from collections.abc import Callable, Container
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from server.errors import not_installed
from server.request import visitor

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

logger = logging.getLogger("drumbeat.calls")
TOOL = "tools/call"
WATCHED = (TOOL, "resources/read")
# A call may wait for its vendor's limit for most of a minute.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60)
GATEWAYS = ("drumbeat_read", "drumbeat_act")
SHAPE = vars(logging.makeLogRecord({"name": logger.name, "levelno": 20, "levelname": "INFO", "msg": "call"}))
Observe = Callable[[str, str, float], None]


class Watch:
    """Sees every call of a tool and every read of a resource, as middleware of the MCP server.

    known: the tools that exist; others count as one, and so do all resources.
    """

    def __init__(self, known: Container[str], observe: Observe | None = None) -> None:
        self._known = known
        self._observe = observe

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Pass a request on, and note how it went."""
        if ctx.method not in WATCHED:
            return await call_next(ctx)
        tool = self._tool(ctx.params or {}) if ctx.method == TOOL else ctx.method
        started, outcome = time.perf_counter(), "error"
        try:
            result = await call_next(ctx)
            outcome = _outcome(result)
        except MCPError:
            outcome = "failed"
            raise
        finally:
            seconds = time.perf_counter() - started
            facts = {"tool": tool, "outcome": outcome, "milliseconds": round(seconds * 1000)}
            if logger.isEnabledFor(logging.INFO):
                logger.handle(_Line({**facts, "caller": visitor().principal}))
            if self._observe:
                self._observe(tool, outcome, seconds)
        return result

    def _tool(self, params: Any) -> str:
        name, arguments = params.get("name"), params.get("arguments")
        if name in GATEWAYS and isinstance(arguments, dict):
            name = arguments.get("tool")
        return name if isinstance(name, str) and name in self._known else "unknown"


class _Line(logging.LogRecord):
    """A call's record; `logging` would look for the line of code that writes it each time, which takes longer."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.__dict__.update(SHAPE, created=time.time(), facts=facts)


class Metrics:
    """Numbers for Prometheus. Raises ConfigurationError where its client is not installed."""

    def __init__(self, in_flight: Callable[[], int]) -> None:
        try:
            import prometheus_client
        except ImportError:
            raise not_installed("DRUMBEAT_METRICS", "prometheus-client") from None
        self._registry: CollectorRegistry = prometheus_client.CollectorRegistry()
        self._calls = prometheus_client.Counter(
            "drumbeat_calls", "Tool calls.", ("tool", "outcome"), registry=self._registry
        )
        self._seconds = prometheus_client.Histogram(
            "drumbeat_call_seconds", "How long tool calls take.", ("tool",), registry=self._registry, buckets=BUCKETS
        )
        gauge = prometheus_client.Gauge("drumbeat_requests_in_flight", "Requests now.", registry=self._registry)
        gauge.set_function(in_flight)
        self._render = prometheus_client.generate_latest

    def observe(self, tool: str, outcome: str, seconds: float) -> None:
        """Count a call."""
        self._calls.labels(tool, outcome).inc()
        self._seconds.labels(tool).observe(seconds)

    def page(self) -> bytes:
        """All numbers in Prometheus' text format."""
        return self._render(self._registry)


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class Words(logging.Formatter):
    """A log record as a line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        facts = "".join(f" {name}={value}" for name, value in getattr(record, "facts", {}).items())
        return super().format(record) + facts


def log_to_stderr(form: str) -> None:
    """Write the log of this process as `form`: `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Words("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Below that it tells of sessions' ids, and of what was asked for and answered where something failed.
    logging.getLogger("mcp").setLevel(logging.WARNING)


def _outcome(result: HandlerResult) -> str:
    if not isinstance(result, dict):
        return "done"
    if result.get("isError"):
        return "failed"
    return "asked" if result.get("resultType") == "input_required" else "done"

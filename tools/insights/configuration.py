"""The optional `drumbeat.toml`: who a team is at each vendor, its time zone, its working days, its sprints."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from platformdirs import user_config_path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from server.declare import Refusal, Settings

NAME = "drumbeat.toml"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TABLE = re.compile(r"\s*\[([^\[\]]+)\]")
KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
PART = re.compile(r"[\w-]+|\"[^\"]*\"|'[^']*'")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be the name of a time zone, such as Europe/Berlin") from None
    return name


def _several(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Zone = Annotated[str, AfterValidator(_zone), Field(description="Time zone, such as Europe/Berlin")]
Days = Annotated[list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]], Field(min_length=1)]
Ids = Annotated[list[str], BeforeValidator(_several), Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class SprintRhythm(_Part):
    """How long sprints are, and a day on which one began."""

    start: date = Field(description="A day on which a sprint began")
    days: int = Field(14, ge=1, le=90, description="How many days a sprint has")


class BuddyTeam(_Part):
    """What belongs to a team at Buddy, which has no teams."""

    projects: Ids = Field(description="Names of its projects, as in their URLs")
    workspace: str | None = Field(None, description="Their workspace; by default BUDDY_WORKSPACE")
    deploys: Ids | None = Field(None, description="Names or ids of pipelines that deploy; by default by their names")


class Common(_Part):
    """What can be said of all teams, or of one."""

    timezone: Zone | None = Field(None, description="Zone of its days; by default DRUMBEAT_TIMEZONE")
    working_days: Days | None = Field(None, description="By default mon to fri")
    sprint: SprintRhythm | None = Field(None, description="Its sprints; without it `sprint` is no period")


class TeamEntry(Common):
    """One team. What is not given is matched by the team's key and name."""

    name: str | None = Field(None, description="What people call it; by default its key")
    oobeya: Ids | None = Field(None, description="Its id at Oobeya, or several")
    linearb: Ids | None = Field(None, description="Its id at LinearB, or several")
    haystack: Ids | None = Field(None, description="Its number at Haystack, which has no list of teams, or several")
    teamoclock: Ids | None = Field(None, description="Its slug at Team O'clock, or several")
    buddy: BuddyTeam | None = Field(None, description="Its projects at Buddy")


class Configuration(Common):
    """`drumbeat.toml` as a whole."""

    teams: Mapping[str, TeamEntry] = Field(default_factory=dict, description="Teams by a key of your choice")


_read: dict[Path, tuple[tuple[int, int], Configuration]] = {}


def configuration(settings: Settings) -> Configuration:
    """What `drumbeat.toml` says now, read again when it changes. Raises Refusal, with the line, where it is wrong.

    In the sandbox the made-up company's own, unless DRUMBEAT_CONFIG names another.
    """
    if settings.sandbox and settings.config is None:
        from tools.insights.sandbox import written

        return parsed(written(), "the sandbox's map")
    path = settings.config or default_path()
    try:
        stat = path.stat()
        version = (stat.st_mtime_ns, stat.st_size)
        if path not in _read or _read[path][0] != version:
            _read[path] = (version, parsed(path.read_text(encoding="utf-8"), str(path)))
    except FileNotFoundError:
        return Configuration()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"Nothing was sent: {path} cannot be read: {error}.") from None
    return _read[path][1]


def default_path() -> Path:
    """Where the file is looked for unless DRUMBEAT_CONFIG says otherwise."""
    return user_config_path("drumbeat", appauthor=False) / NAME


def parsed(text: str, source: str) -> Configuration:
    """A configuration from its text. Raises Refusal with the line of the first fault; `source` is its name there."""
    try:
        return Configuration.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Refusal(f"Nothing was sent: {source} is not TOML: {error}.") from None
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = [str(part) for part in fault["loc"]]
        unknown = fault["type"] == "extra_forbidden"
        words = "there is no such setting" if unknown else fault["msg"].removeprefix("Value error, ")
        where = f"line {line}, " if (line := line_of(text, place)) else ""
        raise Refusal(f"Nothing was sent: {source}, {where}{'.'.join(place)}: {words}.") from None


def line_of(text: str, place: Sequence[str]) -> int | None:
    """The line, from 1, of the longest part of `place` that has a line of its own; None where none has."""
    lines = {tuple(path): number for number, path in reversed(list(_paths(text)))}
    starts = (tuple(place[:length]) for length in range(len(place), 0, -1))
    return next((lines[start] for start in starts if start in lines), None)


def _paths(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that opens a table or sets a key, with the full path of it."""
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if opened := TABLE.match(line):
            table = _parts(opened[1])
            yield number, table
        elif key := KEY.match(line):
            yield number, [*table, *_parts(key[1])]


def _parts(path: str) -> list[str]:
    return [part.strip("\"'") for part in PART.findall(path)]


def schema() -> dict[str, Any]:
    """The JSON schema of the file, for editors."""
    found = Configuration.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": NAME}

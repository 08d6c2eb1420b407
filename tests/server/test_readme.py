"""The README's tables of variables are what the settings are."""

import re
from pathlib import Path

from server.catalogue import Catalogue
from server.hosting import Hosting
from server.settings import Settings

ROOT = Path(__file__).parents[2]
ROWS = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
# Said in the text around the tables.
IN_TEXT = {"DRUMBEAT_JOURNAL"}


def named(rows: list[str]) -> set[str]:
    """The variables in rows, `DRUMBEAT_X_PER_MINUTE`, `..._PER_SESSION` written out."""
    names = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", " ".join(rows)))
    for row in rows:
        if ending := re.search(r"`([A-Z_]+)_PER_MINUTE`, `\.\.\.(_PER_SESSION)`", row):
            names.add(ending[1] + ending[2])
    return names


def test_every_setting_is_in_the_readme_and_nothing_else() -> None:
    own = {name: field for name, field in Settings.model_fields.items() if name not in Hosting.model_fields}
    settings = {str(field.alias) for field in own.values()} - {"None"}
    found = {name for name in named(ROWS) if name.startswith("DRUMBEAT_")}
    assert found == settings - IN_TEXT


def test_every_setting_of_a_server_for_a_team_is_on_its_page_as_it_is() -> None:
    page = (ROOT / "docs" / "team.md").read_text(encoding="utf-8")
    for field in Hosting.model_fields.values():
        default = ", ".join(field.default) if isinstance(field.default, tuple) else _written(field.default)
        shown = "unset" if default in ("", "unset") else f"`{default}`"
        assert f"| `{field.alias}` | {shown} | {field.description} |" in page


def test_the_defaults_in_the_readme_are_those_of_the_settings() -> None:
    for field in Settings.model_fields.values():
        row = next((row for row in ROWS if row.startswith(f"| `{field.alias}`")), None)
        if row and "`, `" not in row.split("|")[1]:
            default = re.sub(r"[`\s]", "", row.split("|")[2])
            assert default == _written(field.default), field.alias


def _written(default: object) -> str:
    if default is None:
        return "unset"
    return f"{default:g}" if isinstance(default, float | bool | int) else str(default)


def test_every_variable_of_a_vendor_is_in_its_row(catalogue: Catalogue) -> None:
    for vendor in (vendor for vendor in catalogue.vendors if not vendor.needs):
        row = next(row for row in ROWS if row.startswith(f"| {vendor.title} |"))
        assert named([row]) == {variable.name for variable in vendor.variables}

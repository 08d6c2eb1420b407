"""Every setting is in the reference, and README and pages name no other."""

import re
from pathlib import Path

from server.catalogue import Catalogue
from server.hosting import Hosting
from server.settings import Settings

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
OWN = re.compile(r"`(DRUMBEAT_[A-Z_]+[A-Z])`")


def test_every_setting_is_in_the_reference_with_its_default() -> None:
    for field in Settings.model_fields.values():
        if field.alias and not isinstance(field.default, tuple):
            default = _written(field.default)
            shown = "unset" if default in ("", "unset") else f"`{default}`"
            assert f"| `{field.alias}` | {shown} | {field.description}" in REFERENCE


def test_the_readme_and_the_page_of_the_guard_name_settings_that_exist() -> None:
    known = {str(field.alias) for field in Settings.model_fields.values()}
    for page in ("README.md", "docs/guard.md"):
        named = set(OWN.findall((ROOT / page).read_text(encoding="utf-8")))
        assert named
        assert named <= known


def test_every_variable_of_a_vendor_is_in_the_reference(catalogue: Catalogue) -> None:
    for vendor in catalogue.vendors:
        assert [one.name for one in vendor.variables if f"| `{one.name}` |" not in REFERENCE] == []


def test_every_setting_of_a_server_for_a_team_is_on_its_page_as_it_is() -> None:
    page = (ROOT / "docs" / "team.md").read_text(encoding="utf-8")
    for field in Hosting.model_fields.values():
        default = ", ".join(field.default) if isinstance(field.default, tuple) else _written(field.default)
        shown = "unset" if default in ("", "unset") else f"`{default}`"
        assert f"| `{field.alias}` | {shown} | {field.description} |" in page


def _written(default: object) -> str:
    if default is None:
        return "unset"
    return f"{default:g}" if isinstance(default, float | bool | int) else str(default)

"""The suites that say what an MCP server must do."""

import re

import pytest

from tests.interop.conftest import Run

REQUIRED = {"2025-11-25": 30, "2026-07-28": 37}


@pytest.mark.parametrize("revision", REQUIRED)
def test_every_required_scenario_passes(revision: str, run: Run, fixtures_url: str) -> None:
    result = run("conformance", "server", "--url", fixtures_url, "--requirements", revision)
    summary = result.stdout.partition("=== SUMMARY ===")[2].partition("Not scored")
    optional = set(re.findall(r"[✓✗] (\S+) \(", summary[2]))
    passed = set(re.findall(r"✓ ([\w-]+):", summary[0])) - optional
    failed = set(re.findall(r"✗ ([\w-]+):", summary[0])) - optional
    assert (result.returncode, failed, len(passed)) == (0, set(), REQUIRED[revision]), result.stdout


@pytest.mark.parametrize("scenario", ["enumeration", "manifest"])
def test_skills_are_served_as_their_extension_wants_it(scenario: str, run: Run, url: str) -> None:
    result = run("conformance", "server", "--url", url, "--scenario", f"sep-2640-skills-{scenario}")
    assert result.returncode == 0, result.stdout
    assert re.search(r"Passed: (\d+)/\1, 0 failed", result.stdout), result.stdout

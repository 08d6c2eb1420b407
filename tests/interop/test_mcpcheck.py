"""A checker of servers of 2026-07-28."""

from tests.interop.conftest import CACHE, Run


def test_mcpcheck_finds_nothing(run: Run, url: str) -> None:
    result = run(CACHE / "checks" / "bin" / "jbt-mcpcheck", url)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "All 8 checks passed" in result.stdout

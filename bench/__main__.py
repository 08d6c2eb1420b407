"""`python -m bench`: every section in a process of its own, the results in `bench/results.md`."""

import argparse
import importlib
import logging
import subprocess
import sys
import time
from pathlib import Path

from bench import machine
from bench.report import Section, page
from bench.start import fastmcp_version

SECTIONS = ("start", "calls", "endurance", "tokens", "scale", "insights", "http", "http_replicas", "http_memory")
RESULTS = Path(__file__).with_name("results.md")


def main() -> int:
    """Run what the command line asks for; 1 where a section failed."""
    options = _options()
    if options.inside:
        print(_measure(options.inside, options.quick).dump())
        return 0
    facts = machine.facts(fastmcp_version())
    sections, failed = [], False
    for name in options.sections or SECTIONS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "bench", "--inside", name, *(["--quick"] if options.quick else [])]
        child = subprocess.run(command, cwd=machine.ROOT, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
        if child.returncode:
            failed = True
            continue
        sections.append(Section.parse(child.stdout.splitlines()[-1]))
    text = page(facts, sections)
    print(text)
    if not (failed or options.quick or options.sections):
        RESULTS.write_text(text, encoding="utf-8")
        print(f"Written to {RESULTS}.", file=sys.stderr)
    return int(failed)


def _measure(name: str, quick: bool) -> Section:
    logging.basicConfig(level=logging.ERROR)  # before a server does, so that nobody pays for a line a request
    began = time.perf_counter()
    section: Section = importlib.import_module(f"bench.{name}").run(quick)
    section.seconds = time.perf_counter() - began
    return section


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Drumbeat beside its peers.")
    parser.add_argument("sections", nargs="*", metavar="section", help=f"only these, printed: {', '.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="a minute's worth, printed: to see that all of it works")
    parser.add_argument("--inside", choices=SECTIONS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    raise SystemExit(main())

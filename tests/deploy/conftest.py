"""The files in `deploy/`, as far as they can be tried without a container engine."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
# Linters, a proxy and an installation as in the image: these run by `make test-deploy` alone.
collect_ignore = [] if os.environ.get("DEPLOY_TESTS") else ["test_image.py"]


@dataclass(frozen=True)
class Dockerfile:
    """What the Dockerfile says, its lines joined where they go on."""

    text: str

    def arguments(self, instruction: str) -> list[str]:
        """What an instruction has that is written as a list."""
        (found,) = re.findall(rf"^{instruction} (\[.*\])$", self.text, re.MULTILINE)
        arguments: list[str] = json.loads(found)
        return arguments

    def all(self, instruction: str) -> list[str]:
        """What each such instruction says."""
        return re.findall(rf"^{instruction} (.*)$", self.text, re.MULTILINE)


def dockerfile() -> Dockerfile:
    return Dockerfile((DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", ""))

"""The installed package's entrance: `server` and `tools` lie inside it, so that no other package's names collide."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
# In a source tree, and so in an editable install, they stand next to this package.
sys.path.insert(0, str(HERE if (HERE / "server").is_dir() else HERE.parent))


def main() -> int:
    """Run the `drumbeat` command; the exit status."""
    from server.cli import main

    return main()

"""`python -m server.publish` writes the generated files; with `--check` it fails where one differs from the code."""

import sys
from pathlib import Path

from server.catalogue import ASKS, FILE
from server.publish import catalogue, docker, manifest, plugin, reference, settings


def files() -> dict[Path, str]:
    """The generated files and their text."""
    built = catalogue.build()
    asks = catalogue.asks(built)
    return {
        FILE: catalogue.dump(built),
        ASKS: catalogue.dump_asks(asks),
        manifest.FILE: manifest.dump(built),
        reference.FILE: reference.dump(built, asks),
        settings.FILE: settings.dump(built),
        **plugin.files(built),
        **docker.files(built),
    }


def main() -> int:
    """Write the generated files, or with `--check` compare them with the code."""
    stale = []
    for file, text in files().items():
        if "--check" not in sys.argv:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(file.name)
    if stale:
        print(f"{', '.join(stale)}: differs from the code. Run `make catalogue` and read the diff.", file=sys.stderr)
    return len(stale)


if __name__ == "__main__":
    raise SystemExit(main())

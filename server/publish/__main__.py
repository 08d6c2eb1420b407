"""`python -m server.publish` writes the generated files; with `--check` it fails where one differs from the code."""

import sys

from server.catalogue import ASKS, FILE
from server.publish import catalogue, docker, manifest, plugin, reference, settings


def main() -> int:
    """Write the generated files, or with `--check` compare them with the code."""
    built = catalogue.build()
    asks = catalogue.asks(built)
    stale = []
    files = {
        FILE: catalogue.dump(built),
        ASKS: catalogue.dump_asks(asks),
        manifest.FILE: manifest.dump(built),
        reference.FILE: reference.dump(built, asks),
        settings.FILE: settings.dump(built),
        **plugin.files(built),
        **docker.files(built),
    }
    for file, text in files.items():
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

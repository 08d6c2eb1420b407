"""`make golden`: write the golden answers anew."""

from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from server.catalogue import read
from tests.golden import FOLDER, golden
from tests.vendors import Vendors, serve


async def main(vendors: Vendors) -> None:
    """Write a file for each tool, and remove those of tools that are gone."""
    for file in FOLDER.glob("*.txt"):
        file.unlink()
    for tool in vendors.catalogue.tools:
        with TemporaryDirectory() as folder:
            content = await golden(tool.name, vendors, Path(folder))
        (FOLDER / f"{tool.name}.txt").write_text(content, encoding="utf-8")


if __name__ == "__main__":
    vendors = Vendors(read())
    with serve(vendors) as vendors.url:
        anyio.run(main, vendors)

"""A picture as PNG, where the `charts` extra is installed."""

from importlib.util import find_spec
from pathlib import Path

import anyio

FONT = Path(__file__).with_name("Inter.otf")
SHARPNESS = 1.5  # sharp on most screens, and half the bytes and a model's tokens of 2
HOW_TO_GET = "No picture: install Drumbeat with its extra for pictures, drumbeat-mcp[charts]"


def available() -> bool:
    """Whether pictures can be made here. Imports nothing."""
    return find_spec("resvg_py") is not None


async def png(svg: str) -> bytes:
    """The picture as PNG, made in a thread. The SVG must be of one theme, `light` or `dark`."""
    return await anyio.to_thread.run_sync(_render, svg)


def _render(svg: str) -> bytes:
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, zoom=SHARPNESS, skip_system_fonts=True, font_files=[str(FONT)], font_family="Inter"
        )
    )

"""The result of a call as the protocol has it, made of an answer or of an error's words."""

from base64 import b64encode
from functools import partial
from typing import TYPE_CHECKING

import anyio
from mcp_types import CallToolResult, ImageContent, TextContent

from server.apps import DATA
from server.clean import plain, visible
from server.settings import Layout

if TYPE_CHECKING:
    from server.answers.answer import Answer
    from server.answers.budget import Results
    from server.models import Image


async def call_result(
    answer: "Answer", results: "Results", principal: str, layout: Layout, *, shows_pages: bool
) -> CallToolResult:
    """An answer laid out within its budget; what is cut is kept in `results` for the principal."""
    lay_out = partial(answer.fitted, results, principal, layout)
    sent = await anyio.to_thread.run_sync(lay_out) if answer.heavy else lay_out()
    await results.share(principal)
    words = [] if sent.text is None else [TextContent(type="text", text=sent.text)]
    pictures = [_picture(image) for image in answer.images]
    shown = {DATA: plain(answer.page_data)[0]} if answer.page_data and shows_pages else None
    return CallToolResult(content=[*words, *pictures], structured_content=sent.data, _meta=shown)


def call_error(words: str) -> CallToolResult:
    """An error in words, which may name what a vendor has, and so must not pass for a line of ours."""
    return CallToolResult(content=[TextContent(type="text", text=visible(words))], is_error=True)


def _picture(image: "Image") -> ImageContent:
    return ImageContent(type="image", data=b64encode(image.data).decode(), mime_type=image.mime_type)

"""Our own source, as its syntax trees; each file is parsed once, however many tests look at it."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def tree(file: Path) -> ast.Module:
    """The syntax tree of a file, which nobody changes."""
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """All nodes of it."""
    return tuple(ast.walk(tree(file)))

"""Python source without what only its readers need: comments and docstrings. What is left stays on its lines."""

import ast
from collections.abc import Collection, Iterable
from typing import TypeGuard

Defined = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def shown_to_people(sources: Iterable[str]) -> frozenset[str]:
    """The functions whose docstring a person reads before they agree to it: those that tools name as their `undo`."""
    keywords = (node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.keyword))
    return frozenset(one.value.id for one in keywords if one.arg == "undo" and isinstance(one.value, ast.Name))


def lean(source: str, kept: Collection[str] = ()) -> str:
    """The source without lines that are comments, and without docstrings but for those of the functions in `kept`."""
    nodes = list(ast.walk(ast.parse(source)))
    lines = source.splitlines()
    texts = [node for node in nodes if _is_text(node)]
    within = {number for text in texts for number in range(text.lineno + 1, (text.end_lineno or 0) + 1)}
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("#") and number not in within:
            lines[number - 1] = ""
    for node in nodes:
        if isinstance(node, Defined) and getattr(node, "name", None) not in kept:
            for said in node.body:
                if isinstance(said, ast.Expr) and _is_text(said.value):
                    _empty(lines, said)
    return "\n".join(lines) + "\n"


def _is_text(node: ast.AST) -> TypeGuard[ast.Constant | ast.JoinedStr]:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _empty(lines: list[str], said: ast.Expr) -> None:
    """Put an empty text where one stands, which may be all of a body."""
    first, last = said.lineno - 1, (said.end_lineno or said.lineno) - 1
    before = lines[first].encode()[: said.col_offset].decode()
    lines[first : last + 1] = [f'{before}""', *[""] * (last - first)]

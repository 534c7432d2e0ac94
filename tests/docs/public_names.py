"""The reference of the public names, from their sources: signatures, fields and docstrings."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from textwrap import dedent
from typing import TypeAlias

import cohort_membership
from cohort_membership import pipeline

STEPS = tuple(name for name in pipeline.__all__ if name not in cohort_membership.__all__)
HEAD = """\
# The public names

Written by `python -m tests.docs` from the docstrings. What is not here may change without notice. How the
names work together: [in a script](README.md).
"""

_Definition: TypeAlias = "ast.ClassDef | ast.FunctionDef | ast.AnnAssign"


def reference_of_names() -> str:
    parts = [HEAD, "## `cohort_membership`", ""]
    for name in cohort_membership.__all__:
        parts += [*_entry(name, f"cohort_membership.{cohort_membership._HOMES[name]}"), ""]
    parts += ["## `cohort_membership.pipeline`: the steps", ""]
    for name in STEPS:
        parts += [*_entry(name, "cohort_membership.pipeline"), ""]
    return "\n".join(parts).rstrip() + "\n"


@cache
def _module(name: str) -> ast.Module:
    return ast.parse(inspect.getsource(import_module(name)))


def _found(name: str, module: str) -> tuple[_Definition, str]:
    """The definition of a name and what is said of it, also where it is imported from another module."""
    body = _module(module).body
    for place, node in enumerate(body):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return node, ast.get_docstring(node) or ""
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            return node, _said_below(body[place + 1 : place + 2])
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            return _found(name, node.module or "")
    raise LookupError(f"{name} is not defined in {module}")


def _said_below(nodes: list[ast.stmt]) -> str:
    match nodes:
        case [ast.Expr(value=ast.Constant(value=str(text)))]:
            return dedent(text)
        case _:
            return ""


def _entry(name: str, module: str) -> Iterator[str]:
    node, said = _found(name, module)
    yield f"### `{name}`"
    yield ""
    yield "```python"
    yield from _code(node)
    yield "```"
    yield ""
    yield from _text(said)
    if isinstance(node, ast.ClassDef):
        for method in _methods(node):
            yield ""
            yield f"**`{method.name}`**"
            yield ""
            yield "```python"
            yield from _code(method)
            yield "```"
            yield ""
            yield from _text(ast.get_docstring(method) or "")


def _code(node: _Definition) -> Iterator[str]:
    match node:
        case ast.ClassDef():
            bases = ", ".join(map(ast.unparse, node.bases))
            yield f"class {node.name}({bases}):" if bases else f"class {node.name}:"
            fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
            call = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__call__"]
            for field in fields:
                yield f"    {ast.unparse(field)}"
            for one in call:
                yield f"    {_signature(one)}"
            if not fields and not call:
                yield "    ..."
        case ast.FunctionDef():
            if any(ast.unparse(one) in ("property", "cached_property") for one in node.decorator_list):
                yield f"{node.name}: {ast.unparse(node.returns) if node.returns else 'Any'}"
            else:
                yield _signature(node)
        case ast.AnnAssign():
            value = ast.unparse(node.value) if node.value else ""
            yield f"{ast.unparse(node.target)}: {ast.unparse(node.annotation)}"
            if "TypeAlias" in ast.unparse(node.annotation):
                yield f"# = {value}"


def _signature(node: ast.FunctionDef) -> str:
    given = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"def {node.name}({ast.unparse(node.args)}){given}: ..."


def _methods(node: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    """The public methods and properties that have something to say."""
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and not one.name.startswith("_") and ast.get_docstring(one):
            yield one


def _text(said: str) -> Iterator[str]:
    """A docstring as Markdown: its examples are blocks."""
    in_example = False
    for line in said.splitlines():
        if line.startswith(">>> ") and not in_example:
            in_example = True
            yield "```pycon"
        if not line.strip() and in_example:
            in_example = False
            yield "```"
        yield line.rstrip()
    if in_example:
        yield "```"

"""A spec from plain Python data, for callers who hold it already."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from returns.pipeline import is_successful

from cohort_membership.document import List, Map, Node, Scalar
from cohort_membership.load.spec.decode import decode_spec
from cohort_membership.load.text.faults import Fault, as_spec_syntax
from cohort_membership.load.text.tree import Grown, Tree
from cohort_membership.spec import Spec


def spec_from_mapping(mapping: Mapping[str, object]) -> Spec:
    """The spec that the mapping holds, in the shape of a config file: `axes`, `rules`, `output`.

    Lists may be lists or tuples; a level may be a text, a number or a bool. There are no files, so an
    '@file:' is a problem, as is anything else, in `problems`. The digest is the SHA-256 of the data as
    JSON with every level as text and keys in their order.

    >>> spec = spec_from_mapping({"axes": {"question_id": ["q1"], "answer_replicate": [1, 2]}})
    >>> [(axis.name.text, axis.levels.texts) for axis in spec.axes]
    [('question_id', ('q1',)), ('answer_replicate', ('1', '2'))]
    """
    tree = grown(mapping)
    result = tree.result()
    if not is_successful(result):
        return Spec((), axes_clear=False, problems=as_spec_syntax(result.failure()))
    root = result.unwrap()
    return decode_spec(root, {}, digest=digest_of(root))


def digest_of(root: Node | None) -> str:
    """The SHA-256 of data that came in no file: of its JSON, levels as text and keys in their order."""
    text = json.dumps(_plain(root), separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def grown(data: object) -> Tree:
    """The data as a document's tree, held to the same limits; a problem at what is no such data."""
    tree = Tree()
    waiting: list[Iterator[object]] = [iter((data,))]
    while waiting and not tree.stopped:
        part = next(waiting[-1], waiting)
        if part is waiting:
            waiting.pop()
            if tree.innermost:
                tree.close()
        elif isinstance(part, Mapping):
            tree.open(None, is_map=True)
            waiting.append(each for entry in part.items() for each in entry)
        elif isinstance(part, list | tuple):
            tree.open(None, is_map=False)
            waiting.append(iter(part))
        else:
            tree.add(Grown(_scalar(part, tree)), None)
    return tree


def _scalar(part: object, tree: Tree) -> Scalar:
    if part is None:
        return Scalar("", is_null=True)
    if isinstance(part, bool):
        return Scalar("true" if part else "false")
    if isinstance(part, int) and part.bit_length() > 64:
        tree.report(Fault("numbers of at most 64 bits", f"one of {part.bit_length():,}"))
    elif isinstance(part, str | int | float):
        return Scalar(str(part))
    else:
        tree.report(Fault("maps, lists, texts and numbers", f"something of type {type(part).__name__}"))
    return Scalar("")


def _plain(node: Node | None) -> Any:
    """The tree as JSON's data; the depth of a tree is bounded, so that this may recurse."""
    match node:
        case Map(entries=entries):
            return {key.text: _plain(value) for key, value in entries}
        case List(items=items):
            return [_plain(item) for item in items]
        case Scalar(text=text, is_null=False):
            return text
        case _:
            return None

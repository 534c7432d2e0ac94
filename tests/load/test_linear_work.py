"""What a spec asks of us grows with its size and not faster: each kind that once did, at two sizes.

Work is counted and not timed: every call of a function, Python's or C's, while a spec is read and judged.
"""

import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import TypeAlias

import pytest

from cohort_membership.load import load
from cohort_membership.load.catalogs.reader import catalog_reader
from cohort_membership.load.spec.bundle import spec_reader
from cohort_membership.membership import BuildRequest
from cohort_membership.ports import FileReader
from cohort_membership.validate import validate

Reader: TypeAlias = Callable[[Mapping[str, str]], FileReader]

FOLDER = "cohorts/demo/spec"
AXES = "axes:\n  combo_id: [a]\n"


def long_names_that_are_nearly_right(size: int) -> Mapping[str, str]:
    names = [f"{'rule-of-a-long-name-' * 3}{number:05}" for number in range(size)]
    rules = "".join(f"    {name}: [combo_id]\n" for name in names)
    fields = ", ".join(f"{name}x" for name in names)
    return {"config.yaml": f"{AXES}rules:\n  ties:\n{rules}output: {{field_order: [{fields}]}}\n"}


def tag_directives(size: int) -> Mapping[str, str]:
    tags = "".join(f"%TAG !t{number}! tag:example.org,{number}:\n" for number in range(size))
    return {"config.yaml": f"{tags}---\n{AXES}"}


def rules_over_one_include(size: int) -> Mapping[str, str]:
    pairs = "".join(
        f"    p{number}: {{left: combo_id, right: draft_llm, allowed: '@file:pairs.yaml'}}\n"
        for number in range(size)
    )
    rows = "".join(f"- [a, m{number}]\n" for number in range(50))
    return {"config.yaml": f"{AXES}  draft_llm: [m1]\nrules:\n  pairs:\n{pairs}", "pairs.yaml": rows}


def unknown_axes(size: int) -> Mapping[str, str]:
    return {"config.yaml": AXES + "".join(f"  drft_template_{number}: [x]\n" for number in range(size))}


def unknown_levels(size: int) -> Mapping[str, str]:
    levels = ", ".join(f"levl-{number}" for number in range(size))
    return {"config.yaml": f"{AXES}  draft_llm: [{levels}]\n"}


@pytest.mark.parametrize(
    "kind",
    [
        long_names_that_are_nearly_right,
        tag_directives,
        rules_over_one_include,
        unknown_axes,
        unknown_levels,
    ],
    ids=lambda kind: kind.__name__,
)
def test_twice_the_spec_is_about_twice_the_work(
    in_memory: Reader, kind: Callable[[int], Mapping[str, str]]
) -> None:
    calls_of(in_memory, kind(10))  # what is done once only
    once, twice = (calls_of(in_memory, kind(size)) for size in (400, 800))
    assert once > 0
    assert twice < 2.3 * once


def calls_of(in_memory: Reader, files: Mapping[str, str]) -> int:
    """How many functions are called while the spec is read and judged."""
    models = "id\n" + "".join(f"level-{number}\n" for number in range(300))
    read = in_memory({"1_raw/llm_models.csv": models, **{f"{FOLDER}/{name}": files[name] for name in files}})
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        load(BuildRequest("demo"), spec_reader(read), catalog_reader(read)).bind(validate)
    finally:
        sys.setprofile(None)
    return calls

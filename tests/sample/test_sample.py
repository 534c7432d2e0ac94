"""A sample holds the rows with the smallest digests: against hashlib, row by row, on expanded designs."""

import itertools
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohort_membership.design import Factors, axes_of, axis_factor, factor, size
from cohort_membership.identity import base36
from cohort_membership.identity.bulk import FAST, STANDARD, Kernel
from cohort_membership.identity.slots import Ids
from cohort_membership.sample import Batch, Sampling, row_texts, sample, smallest
from cohort_membership.sample.text_digests import digests, order_of
from cohort_membership.union import Fresh, fresh_rows

KERNELS = [STANDARD, *([FAST] if FAST else [])]
kernels = pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)

AXES = ("answer_llm", "item", "replicate", "style")
LEVELS = {
    "answer_llm": ["Atlas-70b", "atlas-8b", "x" * 90],
    "item": ["q-1", "Q-2 ", "十句话"],
    "replicate": ["1", "02", "10"],
    "style": ["plain", "PLAIN", "odd one"],
}
WHOLE, DEFAULTS = frozenset({"replicate"}), {"style": "plain"}


@st.composite
def designs(draw: st.DrawFn) -> Factors:
    axes = draw(st.permutations(AXES))
    cut = draw(st.integers(0, len(axes) - 2))
    coupled = axes[cut : cut + 2]
    rows = list(itertools.product(*(LEVELS[axis] for axis in coupled)))
    kept = draw(st.lists(st.sampled_from(rows), min_size=1, max_size=6, unique=True))
    single = {
        axis: axis_factor(axis, draw(st.lists(st.sampled_from(LEVELS[axis]), min_size=1, unique=True)))
        for axis in axes
        if axis not in coupled
    }
    return (
        *(single[axis] for axis in axes[:cut]),
        factor(coupled, list(zip(*kept, strict=True))),
        *(single[axis] for axis in axes[cut + 2 :]),
    )


def expanded(factors: Factors) -> list[dict[str, str]]:
    names = axes_of(factors)
    return [
        dict(zip(names, itertools.chain(*parts), strict=True))
        for parts in itertools.product(*(one.frame.rows() for one in factors))
    ]


def plain_digest(row: Mapping[str, str], seed: int) -> bytes:
    parts = [str(seed)]
    for axis in sorted(row):
        text = str(int(row[axis])) if axis in WHOLE else row[axis].strip().lower()
        if text != DEFAULTS.get(axis):
            parts.append(f"{axis}={text}")
    return blake2b("|".join(parts).encode(), digest_size=10).digest()


def naive(rows: Sequence[dict[str, str]], sampling: Sampling) -> list[int]:
    groups: dict[tuple[str, ...], list[tuple[bytes, int]]] = {}
    for number, row in enumerate(rows):
        key = tuple(row[axis] for axis in sampling.by)
        groups.setdefault(key, []).append((plain_digest(row, sampling.seed), number))
    return sorted(number for group in groups.values() for _, number in sorted(group)[: sampling.rows])


samplings = st.builds(
    Sampling,
    rows=st.integers(1, 12),
    seed=st.integers(0, 10**6),
    by=st.sampled_from([(), ("item",), ("style", "answer_llm")]),
    defaults=st.just(DEFAULTS),
    whole=st.just(WHOLE),
)


@kernels
@given(design=designs(), sampling=samplings, batch_rows=st.integers(1, 50))
@settings(max_examples=60)
def test_the_rows_with_the_smallest_digests_are_kept_in_their_order(
    kernel: Kernel, design: Factors, sampling: Sampling, batch_rows: int
) -> None:
    block = (design, Fresh(size(design), size(design), ()))
    (kept,) = sample([block], sampling, kernel=kernel, batch_rows=batch_rows)
    assert kept.tolist() == naive(expanded(design), sampling)


@given(designs(), designs(), samplings)
@settings(max_examples=60)
def test_a_union_is_sampled_over_all_its_blocks(first: Factors, second: Factors, sampling: Sampling) -> None:
    own = [one.frame for one in second]
    fresh = fresh_rows(own, [[one.frame for one in first]]).unwrap()
    blocks = [(first, Fresh(size(first), size(first), ())), (second, fresh)]
    rows = expanded(first)
    there = [sorted(row.items()) for row in rows]
    added = [row for row in expanded(second) if sorted(row.items()) not in there]
    in_first, in_second = sample(blocks, sampling, kernel=KERNELS[-1], batch_rows=7)
    chosen = [rows[number] for number in in_first] + [expanded(second)[number] for number in in_second]
    assert chosen == [(rows + added)[number] for number in naive(rows + added, sampling)]


def test_a_larger_sample_holds_the_smaller_one() -> None:
    design = tuple(axis_factor(axis, LEVELS[axis]) for axis in AXES)
    block = (design, Fresh(81, 81, ()))
    samples = [
        set(sample([block], Sampling(rows, 5), kernel=STANDARD)[0].tolist()) for rows in (1, 9, 30, 81, 90)
    ]
    assert [len(one) for one in samples] == [1, 9, 30, 81, 81]
    assert all(smaller <= larger for smaller, larger in itertools.pairwise(samples))


@kernels
def test_the_row_of_a_worked_case_is_chosen(kernel: Kernel) -> None:
    """Case alg12 of the contract's: one row of 108, with replicates that the spec does not give."""
    axes = {
        "outline_replicate": ["1"],
        "essay_llm": ["Borealis_large"],
        "draft_llm": ["atlas-8b", "atlas-70b", "delta/v2.1"],
        "outline_template": ["chain.v2", "résumé", "terse"],
        "grade_llm": ["cirrus-mini:free", "fjord"],
        "question_id": ["q-101"],
        "draft_template": ["十句话", "résumé"],
        "essay_template": ["résumé"],
        "outline_llm": ["Borealis_large", "delta/v2.1", "atlas-8b"],
        "grade_template": ["terse", "十句话", "Socratic"],
        "essay_replicate": ["1", "2"],
        "draft_temperature": ["0.7"],
        "draft_replicate": ["1"],
        "grade_replicate": ["1"],
    }
    design = tuple(axis_factor(axis, levels) for axis, levels in axes.items())
    sampling = Sampling(1, 26, ("question_id",), {"draft_temperature": "0.7"}, frozenset({"essay_replicate"}))
    (kept,) = sample([(design, Fresh(size(design), size(design), ()))], sampling, kernel=kernel)
    row = expanded(design)[kept.item()]
    chosen = {axis: level for axis, level in row.items() if len(axes[axis]) > 1}
    assert chosen == {
        "draft_llm": "atlas-70b",
        "outline_template": "chain.v2",
        "grade_llm": "fjord",
        "draft_template": "résumé",
        "outline_llm": "Borealis_large",
        "grade_template": "Socratic",
        "essay_replicate": "2",
    }


@given(st.lists(st.integers(0, 2**80 - 1) | st.integers(0, 36**9), max_size=40))
def test_ids_are_ordered_as_their_numbers(numbers: list[int]) -> None:
    high, low = order_of(Ids(np.array([base36(number).encode() for number in numbers], "S16")))
    words = list(zip(high.tolist(), low.tolist(), strict=True))
    assert [number for _, number in sorted(zip(words, numbers, strict=True))] == sorted(numbers)


def test_texts_that_are_too_many_are_made_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    design = tuple(axis_factor(axis, LEVELS[axis]) for axis in AXES)
    whole = digests(row_texts(design, 3), range(81), kernel=STANDARD)
    monkeypatch.setattr("cohort_membership.sample.text_digests.LARGEST_TABLE", 2)
    parts = [
        digests(row_texts(design, 3), range(start, start + 27), kernel=STANDARD) for start in (0, 27, 54)
    ]
    for words, pieces in zip(whole, zip(*parts, strict=True), strict=True):
        assert np.concatenate(pieces).tolist() == words.tolist()


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 2)), max_size=9), max_size=6
    ),
    st.integers(1, 4),
)
@settings(max_examples=100)
def test_equal_digests_are_kept_by_row_and_groups_each_have_their_own(
    drawn: list[list[tuple[int, int, int]]], rows: int
) -> None:
    batches: list[Batch] = []
    every: list[tuple[int, tuple[int, int], int]] = []
    for batch in drawn:
        numbers = np.arange(len(every), len(every) + len(batch))
        every += [
            (group, (high, low), int(number))
            for (high, low, group), number in zip(batch, numbers, strict=True)
        ]
        columns = np.array(batch, np.uint64).reshape(-1, 3).T
        batches.append(Batch(numbers, columns[0], columns[1], columns[2].astype(np.intp)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cohort_membership.sample.kept_rows.SPARE_ROWS", 3)
        kept = smallest(batches, rows, groups=3).tolist()
    every.sort()
    expected = [
        row[2] for _, group in itertools.groupby(every, key=lambda row: row[0]) for row in list(group)[:rows]
    ]
    assert kept == sorted(expected)

"""Every kernel gives the reference's ids: for every length, any text, any order of rows."""

import pickle
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohort_membership.identity import gen_id, id_of_message, standard
from cohort_membership.identity.bulk import (
    FAST,
    STANDARD,
    Ids,
    Kernel,
    KernelMismatch,
    Texts,
    bulk_ids,
    choose_kernel,
    cross_check,
    csv_lines,
)

SAME_KERNEL = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
EDGES = (0, 1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128, 129, 255, 256, 257, 300)


def reference(
    prefix: str, heads: list[bytes], tails: list[bytes], head_index: list[int], tail_index: list[int]
) -> list[bytes]:
    rows = zip(head_index, tail_index, strict=True)
    return [id_of_message(prefix, heads[head] + tails[tail]).encode() for head, tail in rows]


def texts(longest: int) -> st.SearchStrategy[bytes]:
    """Texts that lie anywhere around the edges of words, units and blocks; of bytes and of letters."""
    sizes = st.sampled_from([size for size in EDGES if size <= longest]) | st.integers(0, longest)
    return sizes.flatmap(lambda size: st.binary(min_size=size, max_size=size)) | st.text(
        max_size=longest // 4
    ).map(lambda text: text.encode("utf-8", "surrogatepass"))


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[bytes], list[bytes], list[int], list[int]]:
    longest = draw(st.sampled_from([20, 60, 130, 300]))
    heads = draw(st.lists(texts(longest), min_size=1, max_size=8))
    tails = draw(st.lists(texts(longest), min_size=1, max_size=8))
    pairs = draw(
        st.just(list(product(range(len(heads)), range(len(tails)))))
        | st.just([(head, tail) for tail, head in product(range(len(tails)), range(len(heads)))])
        | st.lists(
            st.tuples(st.integers(0, len(heads) - 1), st.integers(0, len(tails) - 1)),
            max_size=120,
        )
    )
    pairs = pairs * draw(st.integers(1, 3))
    if draw(st.booleans()):
        pairs.sort()
    return heads, tails, [head for head, _ in pairs], [tail for _, tail in pairs]


@SAME_KERNEL
@given(batches(), st.sampled_from(["d_", "e_", "x", "stage-9_", "longer-than-a-word_"]))
def test_a_batch_has_the_reference_s_ids(
    kernel: Kernel, batch: tuple[list[bytes], list[bytes], list[int], list[int]], prefix: str
) -> None:
    ids = bulk_ids(prefix, *batch, kernel=kernel)
    assert ids.tolist() == reference(prefix, *batch)
    cross_check(prefix, *batch, ids=ids)


def test_every_length_of_a_message_is_hashed_right(kernel: Kernel) -> None:
    heads = [b"x" * size for size in range(301)]
    rows = list(range(301))
    batch = (heads, [b""], rows, [0] * 301)
    assert bulk_ids("d_", *batch, kernel=kernel).tolist() == reference("d_", *batch)
    batch = ([b""], heads, [0] * 301, rows)
    assert bulk_ids("d_", *batch, kernel=kernel).tolist() == reference("d_", *batch)


def test_every_cut_into_head_and_tail_is_hashed_right(kernel: Kernel) -> None:
    """Of letters that differ, so that a byte left over from another row would show."""
    alphabet = bytes(range(33, 127)) * 4
    heads, tails = [alphabet[:size] for size in EDGES], [alphabet[::-1][:size] for size in EDGES]
    pairs = list(product(range(len(heads)), range(len(tails))))
    for order in (pairs, pairs[::-1], sorted(pairs, key=lambda pair: (pair[1], -pair[0]))):
        batch = (heads, tails, [head for head, _ in order], [tail for _, tail in order])
        assert bulk_ids("d_", *batch, kernel=kernel).tolist() == reference("d_", *batch)


def test_ids_of_one_stage_are_the_heads_of_the_next(kernel: Kernel) -> None:
    combos, templates, models = (
        ["c", "combo_v1_a1", "Ärger"],
        ["t3972", "十句话", "outline-first"],
        ["m", "Δ/2"],
    )
    draft_tails = [f"|{template}|{model}|1".lower() for template, model in product(templates, models)]
    essay_tails = ["|long-form-v4|1", "|long-form-v4|2", "|δοκίμιο|1"]
    pairs = np.array(list(product(range(len(combos)), range(len(draft_tails)))))
    drafts = bulk_ids(
        "d_", [one.lower().encode() for one in combos], [one.encode() for one in draft_tails], *pairs.T,
        kernel=kernel,
    )  # fmt: skip
    parents, own = np.repeat(np.arange(len(drafts)), 3), np.tile(np.arange(3), len(drafts))
    tails = Texts([one.encode() for one in essay_tails])
    essays = bulk_ids("e_", drafts, tails, parents, own, kernel=kernel)
    assert b"d_ll4fyxuc0ludp" in drafts.tolist()  # three digits short
    expected_drafts = [
        gen_id("d_", [combo, template, model, 1])
        for combo, template, model in product(combos, templates, models)
    ]
    assert drafts.tolist() == [one.encode() for one in expected_drafts]
    assert essays.tolist() == [
        gen_id("e_", [draft, *tail[1:].split("|")]).encode()
        for draft, tail in product(expected_drafts, essay_tails)
    ]
    shuffled = np.random.default_rng(7).permutation(len(essays))
    again = bulk_ids("e_", drafts, tails, parents[shuffled], own[shuffled], kernel=kernel)
    assert again.tolist() == essays.take(shuffled).tolist()


def test_ids_with_leading_zeros_are_short(kernel: Kernel) -> None:
    tails = [b"%d" % number for number in range(40_000)]
    batch = ([b"seek "], tails, [0] * len(tails), list(range(len(tails))))
    ids = bulk_ids("d_", *batch, kernel=kernel)
    assert ids.tolist() == reference("d_", *batch)
    assert {14, 15, 16} <= {int(size) - 2 for size in ids.lengths}


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint32, np.uint8])
def test_an_index_may_be_of_any_integers(kernel: Kernel, dtype: type[np.integer]) -> None:
    index = np.array([2, 0, 1, 1, 0, 2], dtype)
    heads, tails = [b"a", b"bc", b"def"], [b"|1", b"|2", b"|3"]
    expected = reference("d_", heads, tails, index.tolist(), index[::-1].tolist())
    assert bulk_ids("d_", heads, tails, index, index[::-1], kernel=kernel).tolist() == expected
    spaced = np.repeat(index, 2)[::2]
    spaced.flags.writeable = False
    assert bulk_ids("d_", heads, tails, spaced, index[::-1], kernel=kernel).tolist() == expected


def test_no_rows_give_no_ids(kernel: Kernel) -> None:
    ids = bulk_ids("d_", [], [], [], [], kernel=kernel)
    assert len(ids) == 0
    assert ids.slots.dtype == "S18"
    assert bytes(csv_lines("draft", ids, kernel=kernel)) == b""
    cross_check("d_", [], [], [], [], ids=ids)


@pytest.mark.parametrize("index", [[2], [-1], [2**32], [-(2**32)]])
def test_an_index_outside_the_texts_is_refused(kernel: Kernel, index: list[int]) -> None:
    for pair in ((index, [0]), ([0], index)):
        with pytest.raises(IndexError, match="does not fit 2 texts"):
            bulk_ids("d_", [b"a", b"b"], [b"c", b"d"], *pair, kernel=kernel)


def test_an_index_that_is_no_row_of_integers_is_refused(kernel: Kernel) -> None:
    with pytest.raises(TypeError, match="float64"):
        bulk_ids("d_", [b"a"], [b"b"], [0.0], [0], kernel=kernel)
    with pytest.raises(TypeError, match="2 dimensions"):
        bulk_ids("d_", [b"a"], [b"b"], [[0]], [[0]], kernel=kernel)
    with pytest.raises(ValueError, match="2 rows of heads, but 1 of tails"):
        bulk_ids("d_", [b"a"], [b"b"], [0, 0], [0], kernel=kernel)


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 31, 33, standard.CHUNK, standard.CHUNK + 1])
@pytest.mark.parametrize("stage", ["draft", "a-stage-whose-name-is-longer-than-one-unit"])
def test_lines_are_the_stage_and_the_id(kernel: Kernel, rows: int, stage: str) -> None:
    ids = bulk_ids("d_", [b"x"], [b"%d" % n for n in range(rows)], [0] * rows, range(rows), kernel=STANDARD)
    expected = b"".join(stage.encode() + b"," + one + b"\n" for one in ids.tolist())
    assert bytes(csv_lines(stage, ids, kernel=kernel)) == expected


@pytest.mark.parametrize("prefix", ["x", "longer-than-a-word_", "p" * 70 + "_"])
def test_lines_hold_ids_of_any_width(kernel: Kernel, prefix: str) -> None:
    ids = bulk_ids(prefix, [b"x"], [b"%d" % n for n in range(50)], [0] * 50, range(50), kernel=kernel)
    assert bytes(csv_lines("s", ids, kernel=kernel)) == b"".join(b"s,%b\n" % one for one in ids.tolist())
    nothing = Ids(np.array([b"", b"d_1", b""], "S18"))
    assert bytes(csv_lines("s", nothing, kernel=kernel)) == b"s,\ns,d_1\ns,\n"


# ------------------------------------------------------------- choosing and checking


def test_the_compiled_kernel_is_taken_where_it_is_there() -> None:
    assert choose_kernel() is (FAST or STANDARD)


def test_without_the_compiled_kernel_the_standard_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cohort_membership.identity.bulk.FAST", None)
    assert choose_kernel() is STANDARD


def test_a_build_without_a_compiler_has_no_compiled_kernel() -> None:
    code = (
        "import sys\n"
        "sys.modules['cohort_membership.identity._fast'] = None\n"
        "from cohort_membership.identity import bulk\n"
        "print(bulk.FAST, bulk.choose_kernel().name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "standard"]


def test_a_kernel_can_be_sent_to_another_process(kernel: Kernel) -> None:
    assert pickle.loads(pickle.dumps(kernel)) == kernel


@pytest.mark.parametrize("row", [0, 499, 999])
def test_a_wrong_id_does_not_pass_the_cross_check(kernel: Kernel, row: int) -> None:
    tails = [b"%d" % n for n in range(1000)]
    batch = ([b"x"], tails, [0] * 1000, list(range(1000)))
    ids = bulk_ids("d_", *batch, kernel=kernel)
    cross_check("d_", *batch, ids=ids, sample=3)
    wrong = ids.slots.copy()
    wrong[row] = b"d_0"
    with pytest.raises(KernelMismatch, match=f"row {row}, b'x{row}': expected b'd_"):
        cross_check("d_", *batch, ids=Ids(wrong), sample=3)
    with pytest.raises(KernelMismatch, match="1000 rows gave 5 ids"):
        cross_check("d_", *batch, ids=ids.take(slice(0, 5)))

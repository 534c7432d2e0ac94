"""The workers of the pages run: at once, killed in the middle and started again; then the notebook's page."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from cohort_membership import BuildRequest, local_builder, open_cohort
from cohort_membership.cli import main

from .pages import NOTEBOOK, WORKER, blocks

FILES, TABLE = (block.text for block in blocks(WORKER, "python"))
COHORT = "first-steps"
MODEL = '''
"""A model that is made up: it counts its calls, and kills its process in the call that DIE_AT names."""
import os, pathlib, signal, zlib

CALLS = pathlib.Path(os.environ["CALLS"])
made = 0


def ask(model, prompt):
    global made
    made += 1
    if made == int(os.environ.get("DIE_AT", 0)):
        os.kill(os.getpid(), signal.SIGKILL)
    if prompt in os.environ.get("MUTE", "").split("|"):
        return ""
    with CALLS.open("ab", buffering=0) as file:
        file.write(repr((model, prompt)).encode() + b"\\n")
    return str(1 + 4 * zlib.crc32((model + prompt).encode()) / 2**32)
'''


class World:
    """A data root, and a folder with a worker and its model."""

    def __init__(self, folder: Path, script: str) -> None:
        self.root, self.folder = folder / "data", folder
        assert main(["init", str(self.root), "--example", "question-answer-verdict"]) == 0
        if script == TABLE:
            experiment = self.root / "experiment.yaml"
            (results,) = (
                line
                for line in WORKER.read_text(encoding="utf-8").split("`")
                if line.startswith("results: {")
            )
            experiment.write_text(f"{experiment.read_text(encoding='utf-8')}\n{results}\n", encoding="utf-8")
        (folder / "my_model.py").write_text(MODEL, encoding="utf-8")
        (folder / "worker.py").write_text(
            script.replace("time.sleep(1)", "time.sleep(0.5)"), encoding="utf-8"
        )
        local_builder(self.root).build_or_raise(BuildRequest(COHORT))

    def started(
        self, number: int, of: int, cohort: str = COHORT, **settings: str
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, str(self.folder / "worker.py"), str(self.root), cohort, str(number), str(of)],
            env={**os.environ, "CALLS": str(self.folder / "calls"), **settings},
            stderr=subprocess.PIPE,
        )

    def calls(self) -> Counter[str]:
        """How often the model was asked what."""
        return Counter((self.folder / "calls").read_text(encoding="utf-8").splitlines())

    def states(self, cohort: str = COHORT) -> Mapping[str, int]:
        return Counter(open_cohort(self.root, cohort).states()["state"].to_list())


def ended(workers: Sequence["subprocess.Popen[bytes]"]) -> list[int]:
    """The exit codes; a worker that raised is told with what it said."""
    codes = []
    for worker in workers:
        _, said = worker.communicate(timeout=120)
        assert not said, said.decode()
        codes.append(worker.returncode)
    return codes


@pytest.fixture(params=[FILES, TABLE], ids=["files", "table"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return World(tmp_path, request.param)


def test_three_shards_of_which_one_is_killed_finish_and_make_no_call_twice(world: World) -> None:
    workers = [world.started(1, 3), world.started(3, 3)]
    killed = world.started(2, 3, DIE_AT="3")
    assert ended([killed]) == [-signal.SIGKILL]
    _half_written(world)
    assert ended([world.started(2, 3), *workers]) == [0, 0, 0]
    assert world.states() == {"done": 72}
    assert main(["status", COHORT, "--data-root", str(world.root)]) == 0
    calls = world.calls()
    assert len(calls) == calls.total() == 72
    assert sum("Why is the sky blue?" in call for call in calls) == 4
    assert not any("{" in call for call in calls)


def _half_written(world: World) -> None:
    """What a worker may leave that is killed while it writes."""
    table = world.root / "results/2.jsonl"
    if table.exists():
        with table.open("ab") as file:
            file.write(b'{"gen_id": "j_1", "status": "ok", "text": "half {}')
        return
    (row,) = open_cohort(world.root, COHORT).next(limit=1).to_dicts()
    (world.root / row["folder"] / "parsed.txt.part").write_text("ha", encoding="utf-8")


def test_a_call_without_a_reply_has_failed_and_is_made_again_when_that_is_asked_for(world: World) -> None:
    question = "Answer in two sentences: Why is the sky blue?\n"
    assert ended([world.started(1, 1, MUTE=question)]) == [0]
    states = world.states()
    assert states["failed"] == 2
    assert states["blocked"] == 2 * 5
    cohort = open_cohort(world.root, COHORT)
    assert cohort.next().height == 0
    assert cohort.next(retry_failed=True).height == 2


def test_the_notebook_page_scores_joins_and_judges_the_best_again(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended([world.started(1, 1)]) == [0]
    monkeypatch.chdir(world.folder)
    scores, of_a_table, best = (block.text for block in blocks(NOTEBOOK, "python"))
    assert len(scores.splitlines()) <= 15
    in_force = {"root": Path("data")}
    if (world.root / "results").exists():
        imports = [line for line in scores.splitlines() if line.startswith(("import ", "from ", "cohort = "))]
        scores = "\n".join([*imports[:-1], 'root = Path("data")', imports[-1], of_a_table])
    exec(compile(scores, "notebook", "exec"), in_force)
    assert "answer_llm" in capsys.readouterr().out
    table = in_force["table"]
    assert isinstance(table, pl.DataFrame)
    assert table.height == 60
    assert table["score"].is_between(1, 5).all()
    assert {"answer_llm", "verdict_template", "answer_gen_id"} <= set(table.columns)

    exec(compile(best, "notebook", "exec"), in_force)
    (spec,) = blocks(NOTEBOOK, "yaml")
    config = world.root / "cohorts/again/spec/config.yaml"
    config.write_text(spec.text, encoding="utf-8")
    report = local_builder(world.root).build_or_raise(BuildRequest("again"))
    assert report.counts == {"answer": 5, "verdict": 20}
    before = world.calls().total()
    again = open_cohort(world.root, "again")
    new = again.next().height
    assert set(again.next()["stage"]) == {"verdict"}
    assert ended([world.started(1, 1, "again")]) == [0]
    assert world.calls().total() == before + new
    assert world.states("again") == {"done": 25}
    chosen = pl.read_csv(world.root / "cohorts/again/spec/items/best.csv")["gen_id"]
    assert again.frame().filter(pl.col("stage") == "answer").collect()["gen_id"].to_list() == chosen.to_list()


@pytest.mark.parametrize("script", [FILES, TABLE], ids=["files", "table"])
def test_a_worker_is_thirty_lines_at_most(script: str) -> None:
    assert sum(bool(line.strip()) for line in script.splitlines()) <= 30


def test_what_the_command_next_writes_is_what_the_page_says(tmp_path: Path) -> None:
    root = World(tmp_path, FILES).root
    out = tmp_path / "todo.jsonl"
    assert main(["next", COHORT, "--data-root", str(root), "--shard", "2/3", "--out", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    wanted = {"gen_id", "question_id", "answer_llm", "folder", "parent_folder", "template"} - {"answer_llm"}
    assert all(wanted <= set(row) for row in rows)

"""A data root with a built cohort, and results as workers leave them there: in every form, and in bad order.

What is left is drawn, and told by a reading as plain as it can be: dictionaries and loops.
"""

import json
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import polars as pl

from cohort_membership.follow.edges import Followed, open_followed
from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import open_builder

Marks: TypeAlias = dict[str, bool]
"""Whether a generation is done; False: it failed."""

EXPERIMENT = """
subject: question_id
stages:
  answer:
    id_prefix: a_
    columns: {template_id: answer_template, llm_model_id: answer_llm, replicate: answer_replicate}
  verdict:
    parent: answer
    id_prefix: j_
    columns: {template_id: verdict_template, llm_model_id: verdict_llm}
  note: {id_prefix: n_, columns: {style: note_style}}
catalogs:
  answer_template: {file: answers.csv, column: id, text: 'texts/answer/{id}.txt'}
  verdict_template: {file: rubrics.csv, column: id, text: 'texts/verdict/{id}.txt'}
"""
SPEC = """
axes:
  question_id: [q1, q2]
  answer_template: [terse, kind]
  answer_llm: [atlas, fjord]
  answer_replicate: [1, 2]
  verdict_template: [strict, mild]
  verdict_llm: [judge]
  note_style: [plain]
"""
FORMS: Mapping[str, str] = {
    "files": "",
    "csv": "results: {table: results.csv, id: one, state: how, done: [ok, fine], failed: [error]}",
    "jsonl": "results: {table: results.jsonl}",
    "parquet": "results: {table: results.parquet}",
    "glob": "results: {table: 'results/*.csv'}",
}
STORES: Mapping[str, Callable[[Path], str | None]] = {
    "data root": lambda root: None,
    "sqlite": lambda root: f"sqlite:///{root}/memberships.db",
    "delta": lambda root: f"delta+{root}/lake",
}

PLACES = [
    *((form, "data root") for form in FORMS),
    ("jsonl", "sqlite"),
    ("files", "sqlite"),
    ("csv", "delta"),
]
"""Where results and memberships are, together."""


@dataclass(frozen=True)
class World:
    """A data root with the cohort `alpha`, built into a store."""

    root: Path
    form: str
    store: str | None

    @property
    def followed(self) -> Followed:
        return open_followed(str(self.root), self.store).unwrap()

    def build(self, cohort: str = "alpha") -> None:
        builder = open_builder(str(self.root), self.store).unwrap()
        builder.build(BuildRequest(cohort)).unwrap()

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def rows(self, cohort: str = "alpha") -> list[dict[str, object]]:
        """The wide table as a build on disk writes it."""
        open_builder(str(self.root)).unwrap().build(BuildRequest(cohort)).unwrap()
        table = pl.read_parquet(self.root / f"cohorts/{cohort}/membership.parquet")
        return table.with_columns(pl.col(pl.Enum).cast(pl.String)).rows(named=True)

    def leave(self, rng: random.Random, ids: Sequence[str]) -> Marks:
        """Leave results of some of these generations; what they say."""
        return _in_folders(self, rng, ids) if self.form == "files" else _in_a_table(self, rng, ids)


def lay_out(
    root: Path, form: str = "files", store: str = "data root", files: Mapping[str, str] | None = None
) -> World:
    """The data root with the cohort `alpha`, which is built; `files` are laid over it before."""
    world = World(root, form, STORES[store](root))
    world.write("experiment.yaml", EXPERIMENT + FORMS[form])
    world.write("answers.csv", "id\nterse\nkind\n")
    world.write("rubrics.csv", "id\nstrict\nmild\nlate\n")
    world.write("cohorts/alpha/spec/config.yaml", SPEC)
    for path, text in (files or {}).items():
        world.write(path, text)
    world.build()
    return world


def naive_states(rows: Sequence[Mapping[str, object]], marks: Marks) -> list[str]:
    """The state of each row."""
    states = []
    for row in rows:
        gen_id, parent = str(row["gen_id"]), str(row["parent_gen_id"])
        if gen_id in marks:
            states.append("done" if marks[gen_id] else "failed")
        else:
            states.append("ready" if not parent or marks.get(parent) else "blocked")
    return states


def _in_folders(world: World, rng: random.Random, ids: Sequence[str]) -> Marks:
    marks: Marks = {}
    stages = {"a": "answer", "j": "verdict", "n": "note"}
    for gen_id in ids:
        folder = world.root / "gens" / stages[gen_id[0]] / gen_id
        for file in ("parsed.txt", "raw.txt"):
            (folder / file).unlink(missing_ok=True)
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()
        left = rng.choice([{}, {"raw": "text"}, {"parsed": "text", "raw": "text"}, {"parsed": "", "raw": ""}])
        left = rng.choice([left, {"parsed": "text"}, {"parsed": "", "raw": "half"}])
        for file, text in left.items():
            world.write(f"gens/{stages[gen_id[0]]}/{gen_id}/{file}.txt", text)
        if left.get("parsed"):
            marks[gen_id] = True
        elif left.get("raw"):
            marks[gen_id] = False
    return marks


def _in_a_table(world: World, rng: random.Random, ids: Sequence[str]) -> Marks:
    """Rows in any order, with ids that come again, and, where there are lines, half a line at the end."""
    states = ["ok", "error", "running", *(["fine"] if world.form == "csv" else [])]
    rows = [(rng.choice(ids), rng.choice(states)) for _ in range(rng.randrange(2 * len(ids)))]
    half = rng.choice([0, 0, 1, 5])
    match world.form:
        case "csv":
            _write_csv(world, "results.csv", rows, half, ("one", "how"))
        case "jsonl":
            lines = [
                json.dumps({"gen_id": one, "status": state, "text": "ü\n"}) + "\n" for one, state in rows
            ]
            tail = json.dumps({"gen_id": rng.choice(ids), "status": "ok"})[: half * 4]
            world.write("results.jsonl", "".join(lines) + tail)
        case "parquet":
            schema = {"gen_id": pl.String, "status": pl.String}
            pl.DataFrame(rows, schema=schema, orient="row").write_parquet(world.root / "results.parquet")
        case "glob":
            shutil.rmtree(world.root / "results", ignore_errors=True)
            cut = rng.randrange(len(rows) + 1)
            _write_csv(world, "results/2.csv", rows[cut:], half)
            _write_csv(world, "results/1.csv", rows[:cut], half)
    last = dict(rows)
    return {one: state in ("ok", "fine") for one, state in last.items() if state != "running"}


def _write_csv(
    world: World,
    file: str,
    rows: Sequence[tuple[str, str]],
    half: int,
    header: tuple[str, str] = ("gen_id", "status"),
) -> None:
    columns = (header[1], "seconds", header[0])
    lines = [f"{state},1.5,{one}\n" for one, state in rows]
    world.write(file, ",".join(columns) + "\n" + "".join(lines) + "ok,1.5,a_1"[: half * 2])

"""DuckDB: cross joins in SQL, with a Python function for the ids.

A table has no order, so each axis carries the places of its levels and the end sorts by them.
"""

from pathlib import Path

import duckdb  # type: ignore[import-untyped, import-not-found, unused-ignore]

from tests.benchmarks.alternatives.one_id import id_of_text
from tests.benchmarks.alternatives.script import DRAFT, ESSAY, EVALUATION, Levels, run


def build(levels: Levels, target: Path) -> None:
    with duckdb.connect() as db:
        db.create_function("id_of_text", id_of_text, ["VARCHAR", "VARCHAR"], "VARCHAR")
        for axis, values in levels.items():
            db.execute(
                f"CREATE TABLE axis_{axis} AS "
                f"SELECT unnest($1) AS {axis}, generate_subscripts($1, 1) AS {axis}_at",
                [[str(value) for value in values]],
            )
        db.execute(
            f"CREATE TABLE draft AS SELECT *, "
            f"{an_id('d_', 'combo_id', 'draft_template', 'model', 'draft_replicate')} AS gen_id "
            f"FROM {crossed(DRAFT)}"
        )
        db.execute(
            f"CREATE TABLE essay AS SELECT * EXCLUDE gen_id, gen_id AS parent_gen_id, "
            f"{an_id('e_', 'gen_id', 'essay_template', '1')} AS gen_id "
            f"FROM draft CROSS JOIN axis_essay_template"
        )
        more = [axis for axis in EVALUATION if axis not in ESSAY]
        db.execute(
            f"CREATE TABLE evaluation AS SELECT * EXCLUDE (gen_id, parent_gen_id), gen_id AS parent_gen_id, "
            f"{an_id('v_', 'gen_id', 'evaluation_template', 'evaluation_llm', 'evaluation_replicate')} "
            f"AS gen_id FROM essay CROSS JOIN {crossed(more)}"
        )
        stages = {"draft": DRAFT, "essay": ESSAY, "evaluation": EVALUATION}
        ordered = [
            f"(SELECT '{stage}' AS stage, gen_id FROM {stage} ORDER BY {places(axes)})"
            for stage, axes in stages.items()
        ]
        db.execute(f"COPY ({' UNION ALL '.join(ordered)}) TO '{target}' (FORMAT csv, HEADER)")


def crossed(axes: list[str]) -> str:
    return " CROSS JOIN ".join(f"axis_{axis}" for axis in axes)


def places(axes: list[str]) -> str:
    return ", ".join(f"{axis}_at" for axis in axes)


def an_id(prefix: str, *columns: str) -> str:
    components = ", ".join(f"lower(trim({column}::VARCHAR))" for column in columns)
    return f"id_of_text('{prefix}', concat_ws('|', {components}))"


if __name__ == "__main__":
    run(build)

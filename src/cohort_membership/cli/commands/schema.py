"""`schema [spec|experiment]`: a JSON Schema with which an editor completes and checks these files."""

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import AsJson, DataRoot, File
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal, shown_path, unwrapped

if TYPE_CHECKING:
    from returns.result import Result

    from cohort_membership.json_schema import Schema
    from cohort_membership.problems import Problems

Described: TypeAlias = Literal["spec", "experiment"]

app = App(
    name="schema",
    usage="Usage: cohort-membership schema [OPTIONS] [FOR]",
    help_epilogue="""Examples:
  cohort-membership schema --out data/spec.schema.json
  cohort-membership schema experiment --out data/experiment.schema.json
  cohort-membership schema --json | jq .schema""",
)


@app.default
def schema(
    described: Annotated[
        Described,
        Parameter(name="FOR", help="spec: the specs of this data root. experiment: any experiment.yaml."),
    ] = "spec",
    /,
    *,
    out: Annotated[File | None, Parameter(help="A file to write to, which is replaced.")] = None,
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """Give a JSON Schema of specs or experiments, for editors.

    An editor that reads it completes names and marks what has a wrong shape. The
    one of specs knows the axes, rules and levels of the experiment in force: write
    it again after a change to the experiment or its catalogs. A file refers to its
    schema by a comment, with the path as seen from the file:
    `# yaml-language-server: $schema=../../../spec.schema.json`
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.write_file import write_file
    from cohort_membership.json_schema import schema_text

    terminal = Terminal(json)
    result = _schema(described, data_root)
    if not is_successful(result):
        return rejected(terminal, result.failure(), data_root)
    found = result.unwrap()
    if out is not None:
        written = write_file(out, [schema_text(found)])
        if not is_successful(written):
            return rejected(terminal, written.failure(), data_root)
    if terminal.as_json:
        terminal.result({"ok": True, "schema": found} if out is None else {"ok": True, "file": str(out)})
    elif out is None:
        terminal.document(schema_text(found))
    else:
        terminal.show(unwrapped("Wrote ", (shown_path(out), "bold")))
    return DONE


def _schema(described: Described, data_root: str) -> "Result[Schema, Problems]":
    from returns.result import Success

    from cohort_membership.load.experiment.schema import experiment_schema
    from cohort_membership.spec_schema import spec_schema
    from cohort_membership.wiring import open_catalogs

    return (
        Success(experiment_schema())
        if described == "experiment"
        else open_catalogs(data_root).map(spec_schema)
    )

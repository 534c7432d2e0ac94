"""An experiment as a picture in text, and as JSON."""

from typing import TYPE_CHECKING, Any

from cohort_membership.catalog import Catalog, Catalogs
from cohort_membership.cli.show.table import Cell, Column, Table
from cohort_membership.cli.show.terminal import Terminal, styled
from cohort_membership.experiment import Experiment
from cohort_membership.stage import Stage

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree


def show_experiment(terminal: Terminal, catalogs: Catalogs) -> None:
    """The stages as a tree, then a row for each catalog."""
    experiment = catalogs.experiment
    kind = "The built-in experiment" if experiment.is_built_in else "The experiment of experiment.yaml"
    terminal.show(styled(f"{kind}, from ", (experiment.subject, "bold"), ":"), "", _tree(experiment))
    terminal.show("", styled("The levels of each axis:"), "")
    columns = (
        Column("axis"),
        Column("listed in", wraps=True),
        Column("levels", "number"),
        Column("attributes", wraps=True),
    )
    terminal.show(Table(columns, [_catalog(axis, catalogs) for axis in experiment.axes]))


def experiment_json(catalogs: Catalogs) -> dict[str, Any]:
    """The same as plain JSON types."""
    experiment = catalogs.experiment
    return {
        "ok": True,
        "built_in": experiment.is_built_in,
        "subject": experiment.subject,
        "stages": {
            stage.name: {
                "id_prefix": stage.id_prefix,
                "parent": stage.parent,
                "columns": dict(stage.columns),
                "uncounted": sorted(stage.uncounted),
                "added": {one.column: {"axis": one.axis, "default": one.default} for one in stage.added},
            }
            for stage in experiment.stages
        },
        "catalogs": {
            axis: {
                "name": catalog.name,
                "column": catalog.id_column,
                "levels": len(catalog.ids),
                "also": list(catalog.also),
                "attributes": _attributes(catalog),
            }
            for axis, catalog in catalogs.by_axis.items()
            if catalog is not None
        },
    }


def _tree(experiment: Experiment) -> "Tree":
    from rich.tree import Tree

    root = Tree(styled((experiment.subject, "bold")), guide_style="dim")
    branches: dict[str | None, Tree] = {None: root}
    for stage in experiment.stages:
        branches[stage.name] = branches[stage.parent].add(_stage(stage, experiment))
    return root


def _stage(stage: Stage, experiment: Experiment) -> "Text":
    head = experiment.subject if stage.parent is None else f"its {stage.parent}"
    counted = ", ".join([head, *(axis for _, axis in stage.counted)])
    text = styled((stage.name, "bold"), f"  {stage.id_prefix}…")
    text.append(f"\nits id counts {counted}")
    if stage.added:
        added = ", ".join(f"{one.axis} where it is not {one.default}" for one in stage.added)
        text.append(f"\nand {added}")
    if stage.uncounted:
        text.append(f"\nit carries {', '.join(stage.attributes)}, which its id does not count")
    return text


def _catalog(axis: str, catalogs: Catalogs) -> tuple[Cell, ...]:
    catalog = catalogs.by_axis.get(axis)
    if catalog is None:
        is_replicate = axis in catalogs.experiment.replicates
        return axis, "whole numbers from 1" if is_replicate else "any text", None, ""
    file = catalogs.experiment.catalogs[axis].file
    listed = catalog.name if file is None else f"{catalog.name} ({catalog.id_column})"
    also = f", and {', '.join(catalog.also)}" if catalog.also else ""
    return (
        axis,
        f"{listed}{also}",
        len(catalog.ids),
        ", ".join(_attributes(catalog)),
    )


def _attributes(catalog: Catalog) -> list[str]:
    return [name for name in catalog.table.columns if name != catalog.id_column]

"""The `catalogs` of an experiment: where the levels of each axis are listed."""

import posixpath
from collections.abc import Mapping, Sequence

from cohort_membership.document import Map, Node, Scalar, described, quoted
from cohort_membership.experiment import CatalogSource
from cohort_membership.load.experiment.shape import CATALOG
from cohort_membership.problems import SpecInvalid
from cohort_membership.rules.decoding import Decoding, Fields
from cohort_membership.spec import Levels
from cohort_membership.suggest import nearest

ID = "{id}"


def decode_catalogs(
    decoding: Decoding, node: Node | None, axes: Sequence[str]
) -> Mapping[str, CatalogSource]:
    """The catalogs by axis; a problem for an axis that no stage uses."""
    if node is None:
        return {}
    if not isinstance(node, Map):
        decoding.invalid(node.location, "catalogs", "a map from axes to catalogs", described(node))
        return {}
    catalogs = {}
    for key, value in node.entries:
        axis = decoding.name(key, "catalogs")
        where = f"catalogs.{key.text.strip()}"
        fields = decoding.fields(value, CATALOG.names, where)
        if axis and axis.text not in axes:
            decoding.problems.append(
                SpecInvalid(
                    where=where,
                    detail=f"no stage uses the axis {axis.text!r}",
                    suggestion=nearest(axis.text, axes),
                    location=axis.location,
                )
            )
        elif axis and fields:
            catalogs[axis.text] = _source(decoding, fields, where, axis)
    return catalogs


def _source(decoding: Decoding, fields: Fields, where: str, axis: Scalar) -> CatalogSource:
    also = _levels(decoding, fields, "also", where)
    if fields.value("levels") is not None:
        for key in CATALOG.only_otherwise:
            name = fields.key(key)
            if name:
                decoding.invalid(name.location, where, "either `levels` or a file", f"`levels` and `{key}`")
        return CatalogSource(levels=_levels(decoding, fields, "levels", where), also=also)
    file = decode_path(decoding, decoding.required(fields, "file", where, axis.location), f"{where}.file")
    if file and not file.lower().endswith(".csv"):
        node = fields.value("file")
        decoding.invalid(node.location if node else None, f"{where}.file", "a .csv file", quoted(file))
    column_node = decoding.required(fields, "column", where, axis.location)
    column = None if column_node is None else decoding.text(column_node, f"{where}.column", "a column")
    mode_node, text_node = fields.value("mode"), fields.value("text")
    mode = None if mode_node is None else decoding.text(mode_node, f"{where}.mode", "a column")
    text = decode_path(decoding, text_node, f"{where}.text")
    if text and text_node and ID not in text:
        decoding.invalid(text_node.location, f"{where}.text", f"a path with {ID!r} in it", quoted(text))
    return CatalogSource(
        file=file,
        column=column.text if column else "",
        also=also,
        mode=mode.text if mode else None,
        text=text,
    )


def _levels(decoding: Decoding, fields: Fields, key: str, where: str) -> tuple[str, ...]:
    node = fields.value(key)
    if node is None:
        return ()
    levels, _ = decoding.levels(node, f"{where}.{key}", may_be_empty=key == "also")
    if not isinstance(levels, Levels):
        decoding.invalid(node.location, f"{where}.{key}", "a list with a level each", described(node))
        return ()
    return tuple(levels.texts)


def decode_path(decoding: Decoding, node: Node | None, where: str) -> str | None:
    """A path relative to the data root, normalised; a problem where it leaves it."""
    text = None if node is None else decoding.text(node, where, "a path relative to the data root")
    if node is None or text is None:
        return None
    path = posixpath.normpath(text.text)
    if path.startswith(("/", "../")) or path in ("..", ".") or "\0" in path:
        decoding.problems.append(
            SpecInvalid(
                where=where,
                detail=f"the path {quoted(text.text)} leaves the data root",
                remedy="copy the file into the data root, and name it from there",
                location=node.location,
            )
        )
        return None
    return path

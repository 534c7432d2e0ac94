"""An experiment's tree to an `Experiment`: every problem is kept, each at its place."""

from dataclasses import replace

from returns.result import Failure, Result, Success

from cohort_membership import draft_essay_evaluation
from cohort_membership.document import Map, Node, Scalar, described, quoted
from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.experiment import Experiment
from cohort_membership.load.experiment.catalogs import decode_catalogs
from cohort_membership.load.experiment.pricing import decode_prices, decode_tokens
from cohort_membership.load.experiment.results import decode_results
from cohort_membership.load.experiment.shape import ADDED, BUILT_IN_STAGE, EXPERIMENT, STAGE
from cohort_membership.problems import ExperimentInvalid, Location, Problem, Problems, SpecInvalid
from cohort_membership.rules.decoding import Decoding, Fields
from cohort_membership.stage import Added, Stage, faults
from cohort_membership.suggest import nearest


def decode_experiment(
    root: Node | None, *, file: str | None = None, digest: str = ""
) -> Result[Experiment, Problems]:
    """What the document says, or all that is wrong with it. `file` is where it stands.

    >>> columns = Map(((Scalar("template_id"), Scalar("t")),))
    >>> stage = Map(((Scalar("id_prefix"), Scalar("a")), (Scalar("columns"), columns)))
    >>> root = Map(((Scalar("subject"), Scalar("q")), (Scalar("stages"), Map(((Scalar("s"), stage),)))))
    >>> [problem.where for problem in decode_experiment(root).failure()]
    ['stages.s.id_prefix']
    """
    decoding = Decoding({})
    known = EXPERIMENT.names
    fields = decoding.fields(root, known, "experiment", extensions=True) if isinstance(root, Map) else None
    if root is None or fields is None:
        at = root.location if root else None
        decoding.invalid(at or (Location(file) if file else None), "experiment", "a map", described(root))
        return Failure(_problems(decoding))
    base = _base(decoding, fields)
    subject = _subject(decoding, fields, base, root.location)
    read = _Stages(decoding, base)
    stages_node = fields.value("stages")
    if base is None:
        stages_node = decoding.required(fields, "stages", "experiment", root.location)
    read.all(stages_node)
    stages = read.result()
    axes = (subject or "", *(axis for stage in stages for axis in stage.axes))
    catalogs = decode_catalogs(decoding, fields.value("catalogs"), axes)
    results = decode_results(decoding, fields.value("results"))
    prices = decode_prices(decoding, fields.value("prices"))
    tokens = decode_tokens(decoding, fields.value("tokens"), [stage.name for stage in stages])
    problems = _problems(decoding)
    problems += tuple(_judged(subject, stages, read, fields))
    if problems or subject is None:
        return Failure(problems)
    if base is None:
        base = Experiment(subject, stages)
    return Success(
        replace(
            base,
            stages=stages,
            catalogs={**base.catalogs, **catalogs},
            manifest_shape=None,
            results=results,
            prices=prices,
            tokens=tokens,
            is_built_in=False,
            digest=digest,
            file=file,
        )
    )


def _base(decoding: Decoding, fields: Fields) -> Experiment | None:
    """The experiment that this one begins with."""
    name = decoding.one_of(fields.value("extends"), "extends", (draft_essay_evaluation.NAME,))
    return DRAFT_ESSAY_EVALUATION if name else None


def _subject(decoding: Decoding, fields: Fields, base: Experiment | None, at: Location | None) -> str | None:
    node = fields.value("subject") if base else decoding.required(fields, "subject", "experiment", at)
    if node is None:
        return base.subject if base else None
    text = decoding.text(node, "subject", "an axis")
    if text and base and text.text != base.subject:
        decoding.invalid(
            node.location,
            "subject",
            f"the subject of the experiment it extends, {base.subject!r}",
            quoted(text.text),
        )
    return text.text if text else None


class _Stages:
    """Reads the stages; keeps where each of their parts stands, and which a problem hides."""

    def __init__(self, decoding: Decoding, base: Experiment | None) -> None:
        self.places: dict[tuple[str, ...], Location | None] = {}
        self.unclear: set[str] = set()
        self._decoding = decoding
        self._stages: dict[str, Stage] = {stage.name: stage for stage in (base.stages if base else ())}
        self._is_built_in = frozenset(self._stages)

    def result(self) -> tuple[Stage, ...]:
        return tuple(self._stages.values())

    def all(self, node: Node | None) -> None:
        if node is None:
            return
        if not isinstance(node, Map):
            self._decoding.invalid(node.location, "stages", "a map from names to stages", described(node))
            self.unclear.add("")
            return
        for key, value in node.entries:
            name = self._decoding.name(key, "stages")
            if name:
                self.places[("stages", name.text)] = name.location
                self._one(name, value, f"stages.{name.text}")

    def _one(self, name: Scalar, node: Node, where: str) -> None:
        before = len(self._decoding.problems)
        if name.text in self._is_built_in:
            fields = self._decoding.fields(node, BUILT_IN_STAGE.names, where)
            added = () if fields is None else self._added(fields.value("added"), name.text)
            self._stages[name.text] = replace(self._stages[name.text], added=added)
        else:
            self._stages[name.text] = self._stage(name, node, where)
        if len(self._decoding.problems) > before:
            self.unclear.add(name.text)

    def _stage(self, name: Scalar, node: Node, where: str) -> Stage:
        decoding = self._decoding
        fields = decoding.fields(node, STAGE.names, where)
        if fields is None:
            return Stage(name.text, f"{name.text} unclear", None, ())
        parent = self._text(fields.value("parent"), "a stage", name.text, "parent")
        prefix_node = decoding.required(fields, "id_prefix", where, name.location)
        prefix = self._text(prefix_node, "a prefix of ids", name.text, "id_prefix")
        columns = self._columns(decoding.required(fields, "columns", where, name.location), name.text)
        uncounted_node = fields.value("uncounted")
        uncounted: tuple[Scalar, ...] = ()
        if uncounted_node is not None:
            self.places[("stages", name.text, "uncounted")] = uncounted_node.location
            uncounted, _ = decoding.names(uncounted_node, f"{where}.uncounted", may_be_empty=True)
        return Stage(
            name.text,
            prefix or f"{name.text} unclear",
            parent,
            columns,
            frozenset(one.text for one in uncounted),
            self._added(fields.value("added"), name.text),
        )

    def _columns(self, node: Node | None, stage: str) -> tuple[tuple[str, str], ...]:
        where = f"stages.{stage}.columns"
        if not isinstance(node, Map):
            if node is not None:
                self._decoding.invalid(node.location, where, "a map from columns to axes", described(node))
            return ()
        columns = []
        for key, value in node.entries:
            column = self._decoding.name(key, where)
            if column:
                axis = self._text(value, "an axis", stage, "columns", column.text)
                if axis:
                    columns.append((column.text, axis))
        return tuple(columns)

    def _added(self, node: Node | None, stage: str) -> tuple[Added, ...]:
        where = f"stages.{stage}.added"
        if not isinstance(node, Map):
            if node is not None:
                self._decoding.invalid(node.location, where, "a map from columns to axes", described(node))
            return ()
        added = []
        for key, value in node.entries:
            column = self._decoding.name(key, where)
            place = f"{where}.{key.text.strip()}"
            fields = self._decoding.fields(value, ADDED.names, place)
            if column is None or fields is None:
                continue
            self.places[("stages", stage, "added", column.text)] = column.location
            path = (stage, "added", column.text)
            axis = self._text(
                self._decoding.required(fields, "axis", place, column.location), "an axis", *path, "axis"
            )
            default_node = self._decoding.required(fields, "default", place, column.location)
            default = self._text(default_node, "a level", *path, "default")
            if axis and default:
                added.append(Added(column.text, axis, default))
        return tuple(added)

    def _text(self, node: Node | None, expected: str, *path: str) -> str | None:
        if node is None:
            return None
        full = ("stages", *path)
        self.places[full] = node.location
        text = self._decoding.text(node, ".".join(full), expected)
        return text.text if text else None


def _judged(subject: str | None, stages: tuple[Stage, ...], read: _Stages, fields: Fields) -> "list[Problem]":
    """What breaks a rule although it could be read; a stage that a problem hides is passed over."""
    found: list[Problem] = []
    if "" in read.unclear or subject is None:
        return found
    for fault in faults(subject, stages):
        section, *inner = fault.path
        if inner and inner[0] in read.unclear:
            continue
        key = fields.key(section)
        at = read.places.get(fault.path) or read.places.get(fault.path[:2]) or (key.location if key else None)
        suggestion = nearest(fault.wrong, fault.known) if fault.known else None
        where = ".".join(fault.path)
        found.append(ExperimentInvalid(where=where, detail=fault.detail, suggestion=suggestion, location=at))
    return found


def _problems(decoding: Decoding) -> Problems:
    """The problems of shape, as those of an experiment."""
    return tuple(
        ExperimentInvalid(
            where=one.where,
            detail=one.detail or f"expected {one.expected}, got {one.got}",
            suggestion=one.suggestion,
            remedy=one.remedy,
            location=one.location,
        )
        for one in decoding.problems
        if isinstance(one, SpecInvalid)
    )

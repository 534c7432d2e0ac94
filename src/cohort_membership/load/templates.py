"""EDGE: the texts of templates, by the path that their catalog gives."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.catalog import Catalog, Catalogs
from cohort_membership.experiment import Experiment
from cohort_membership.load.catalogs.reader import unread_catalog
from cohort_membership.plan import Plan
from cohort_membership.ports import FileReader, MembershipCatalogReader, ReadFault, TextReader
from cohort_membership.problems import Problems, fail

LIMIT = 64 * 2**20
_NO_TEXT = frozenset({"missing", "outside", "not-a-file"})
"""What a template without a text of its own looks like."""


@dataclass(frozen=True, slots=True)
class TemplateText:
    """Where the text of a template is, relative to the data root, and its SHA-256."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class TemplateTexts:
    """Reads each text once, when it is first asked for."""

    read: FileReader
    experiment: Experiment
    _known: dict[tuple[str, str], TemplateText | None] = field(default_factory=dict)

    def of(self, stage: str, template: str) -> Result[TemplateText | None, Problems]:
        """The text of a stage's template; None where it has none. It can return the storage problems."""
        key = (stage, template)
        if key not in self._known:
            path = text_path(self.experiment, stage, template)
            data = None if path is None else self.read(path, within=".", limit=LIMIT)
            if path is None or data is None:
                self._known[key] = None
            elif is_successful(data):
                self._known[key] = TemplateText(path, hashlib.sha256(data.unwrap()).hexdigest())
            elif _is_none(data.failure()):
                self._known[key] = None
            else:
                return fail(unread_catalog(data.failure(), path))
        return Success(self._known[key])

    def digests(self, stage: str, templates: Iterable[str]) -> Result[Mapping[str, str], Problems]:
        """The SHA-256 of the texts of a stage's templates, of those that have one."""
        found: dict[str, str] = {}
        for template in templates:
            text = self.of(stage, template)
            if not is_successful(text):
                return Failure(text.failure())
            one = text.unwrap()
            if one is not None:
                found[template] = one.sha256
        return Success(found)


@dataclass(frozen=True, slots=True)
class SubjectRows:
    """Reads the catalogs once, when a subject's rows are first asked for."""

    read_catalogs: MembershipCatalogReader
    subject: str
    _known: list[Catalog | None] = field(default_factory=list)

    def digests(self, levels: Sequence[str]) -> Mapping[str, str]:
        """The SHA-256 of each subject's rows; nothing where the catalog cannot be read."""
        if levels and not self._known:
            catalogs = self.read_catalogs().value_or(None)
            self._known.append(None if catalogs is None else catalogs.by_axis.get(self.subject))
        catalog = self._known[0] if self._known else None
        return {} if catalog is None else catalog.row_digests(levels)


def text_reader(read: FileReader) -> TextReader:
    """Reads the texts of the templates in a plan's designs (see `ports.TextReader`).

    It can return the storage problems: a text that is there and cannot be read.
    """

    def with_texts(plan: Plan, catalogs: Catalogs | None, /) -> Result[Plan, Problems]:
        texts = TemplateTexts(read, plan.experiment)
        found: dict[str, Mapping[str, str]] = {}
        for stage in plan.experiment.stages:
            digests = texts.digests(stage.name, plan.levels(stage.template_axis or ""))
            if not is_successful(digests):
                return Failure(digests.failure())
            if digests.unwrap():
                found[stage.name] = digests.unwrap()
        subject = catalogs.by_axis.get(plan.experiment.subject) if found and catalogs else None
        digests_of = subject.row_digests(plan.levels(plan.experiment.subject)) if subject else {}
        return Success(replace(plan, texts=found, subjects=digests_of))

    return with_texts


def without_texts(plan: Plan, _: Catalogs | None, /) -> Result[Plan, Problems]:
    """For a builder that is not told where texts are."""
    return Success(plan)


def text_path(experiment: Experiment, stage: str, template: str) -> str | None:
    """The path of a template's text as the experiment has it; None where it says none.

    >>> from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
    >>> text_path(DRAFT_ESSAY_EVALUATION, DRAFT_ESSAY_EVALUATION.stages[0].name, "letter")[:17]
    '1_raw/templates/d'
    """
    axis = experiment.by_name[stage].template_axis
    source = None if axis is None else experiment.catalogs.get(axis)
    return None if source is None or source.text is None else source.text.replace("{id}", template)


def _is_none(fault: ReadFault) -> bool:
    return fault.kind in _NO_TEXT

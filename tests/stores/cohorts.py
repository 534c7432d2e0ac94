"""Small cohorts to build, of several experiments, and builders of them into any store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from returns.result import Result

from cohort_membership.experiment import Experiment
from cohort_membership.load.catalogs.reader import catalog_reader
from cohort_membership.load.files.local import local_file_reader
from cohort_membership.load.spec.bundle import spec_reader
from cohort_membership.membership import BuildReport, BuildRequest
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.ports import MembershipReader
from cohort_membership.problems import Problems
from cohort_membership.stores.addresses import open_writer

COMBOS = tuple(f"c{number}" for number in range(1, 9))
OLD, NEW = ("c1", "c2"), ("c1", "c2", "c3")
"""The subjects of a cohort as it was, and as it is to be."""


@dataclass(frozen=True)
class Kind:
    """An experiment to lay out: its files, the spec's axes besides the subject, and the rows of a subject."""

    name: str
    subject: str
    subjects_file: str
    files: Mapping[str, str]
    axes: str
    replicated: tuple[str, ...] = ()
    per_subject: int = 3
    first: str = "draft"
    """The first stage."""

    def __str__(self) -> str:
        return self.name


BUILT_IN = Kind(
    name="draft-essay-evaluation",
    subject="combo_id",
    subjects_file="combo_mappings.csv",
    files={
        "1_raw/llm_models.csv": "id\nfjord\n",
        "1_raw/draft_templates.csv": "template_id,generator\noutline,llm\n",
        "1_raw/essay_templates.csv": "template_id,generator\nlong,llm\n",
        "1_raw/evaluation_templates.csv": "template_id,generator\nrubric,llm\n",
    },
    axes=(
        "draft_template: [outline], draft_llm: [fjord], essay_template: [long], essay_llm: [fjord],"
        " evaluation_template: [rubric], evaluation_llm: [fjord]"
    ),
    replicated=("essay_replicate", "evaluation_replicate"),
)

QUESTIONS = Kind(
    name="question-answer-verdict",
    subject="question_id",
    subjects_file="questions.csv",
    files={
        "templates.csv": "template_id,generator\nterse,llm\nkind,copy\n",
        "experiment.yaml": """
            subject: question_id
            stages:
              answer:
                id_prefix: a_
                columns: {template_id: answer_template, llm_model_id: answer_llm, replicate: answer_replicate}
                added: {temperature: {axis: answer_temperature, default: '0.7'}}
              verdict:
                parent: answer
                id_prefix: j_
                columns:
                  {template_id: verdict_template, replicate: verdict_replicate, llm_model_id: verdict_llm}
                uncounted: [llm_model_id]
            catalogs:
              question_id: {file: questions.csv, column: question_id}
              answer_template: {file: templates.csv, column: template_id, mode: generator}
            """,
    },
    axes=(
        "answer_template: [terse], answer_llm: [fjord], answer_temperature: ['0.7', '1'],"
        " verdict_template: [rubric], verdict_llm: [judge]"
    ),
    replicated=("verdict_replicate",),
    per_subject=4,
    first="answer",
)

FORKED = Kind(
    name="forked",
    subject="topic",
    subjects_file="topics.csv",
    files={
        "experiment.yaml": """
            subject: topic
            stages:
              sketch: {id_prefix: s_, columns: {order: sketch_order, select: sketch_select}}
              poem:
                parent: sketch
                id_prefix: p_
                columns: {template_id: poem_template, replicate: poem_take}
              song: {parent: sketch, id_prefix: g_, columns: {order: song_order}}
              title: {id_prefix: t_, columns: {llm_model_id: title_llm}}
            """,
    },
    axes=(
        "sketch_order: [up], sketch_select: [x], poem_template: [ode], song_order: [down], title_llm: [fjord]"
    ),
    replicated=("poem_take",),
    per_subject=4,
    first="sketch",
)
"""Two roots, two stages of one parent, columns named by words of SQL, no mode, stages without template."""

ALONE = Kind(
    name="one-stage",
    subject="prompt",
    subjects_file="prompts.csv",
    files={
        "experiment.yaml": (
            "subject: prompt\nstages: {reply: {id_prefix: r_, columns: {model: reply_model}}}\n"
        )
    },
    axes="reply_model: [fjord]",
    per_subject=1,
    first="reply",
)

KINDS = (BUILT_IN, QUESTIONS, FORKED, ALONE)


def lay_out(
    root: Path,
    *cohorts: str,
    combos: Sequence[str] = OLD,
    replicates: int = 1,
    kind: Kind = BUILT_IN,
) -> Path:
    """A data root with these cohorts, which differ in nothing but their names."""
    listed = f"{kind.subject}\n" + "".join(f"{one}\n" for one in {*COMBOS, *combos})
    numbers = list(range(1, replicates + 1))
    repeated = "".join(f", {axis}: {numbers}" for axis in kind.replicated)
    spec = f"axes: {{{kind.subject}: [{', '.join(combos)}], {kind.axes}{repeated}}}\n"
    files = {**kind.files, kind.subjects_file: listed}
    files |= {f"cohorts/{cohort}/spec/config.yaml": spec for cohort in cohorts}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@dataclass(frozen=True)
class Laid:
    """A data root with a cohort `alpha` of one experiment, as it was or as it is to be."""

    root: Path
    kind: Kind = field(default=BUILT_IN)

    def with_subjects(self, subjects: Sequence[str], *cohorts: str) -> Path:
        return lay_out(self.root, *(cohorts or ("alpha",)), combos=subjects, kind=self.kind)

    def rows(self, subjects: Sequence[str]) -> int:
        return len(subjects) * self.kind.per_subject

    @property
    def experiment(self) -> Experiment:
        return catalog_reader(local_file_reader(self.root))().unwrap().experiment

    def on_disk(self, cohort: str = "alpha") -> pl.DataFrame:
        """The wide table that a build on disk wrote."""
        return pl.read_parquet(self.root / f"cohorts/{cohort}/membership.parquet")


def builder(root: Path, address: str) -> CohortMembershipBuilder:
    """A builder that reads from a data root and writes to the store at an address."""
    read = local_file_reader(root)
    writer = open_writer(address, lambda *progress: None)
    return CohortMembershipBuilder(spec_reader(read), catalog_reader(read), writer.unwrap())


def build(root: Path, address: str, cohort: str = "alpha", **options: bool) -> Result[BuildReport, Problems]:
    return builder(root, address).build(BuildRequest(cohort, **options))


def codes(result: Result[BuildReport, Problems]) -> list[str]:
    """The codes of the problems; none of a build that went well."""
    return [problem.code for problem in result.swap().value_or(())]


def built_into_one(address: str, folder: Path, kinds: Sequence[Kind]) -> list[Laid]:
    """A cohort of each experiment, named as it is, all of them built into one store."""
    laid = [Laid(lay_out(folder / kind.name, kind.name, kind=kind), kind) for kind in kinds]
    for one in laid:
        build(one.root, address, one.kind.name).unwrap()
    return laid


def assert_read_as_written(reader: MembershipReader, laid: Sequence[Laid]) -> None:
    """Each membership is read back with the rows of a build on disk, and no other cohort is there."""
    for one in laid:
        build(one.root, str(one.root), one.kind.name).unwrap()
        stored = read_table(reader, one.experiment, one.kind.name)
        assert stored.rows() == one.on_disk(one.kind.name).rows()
    assert list(reader.cohorts().unwrap()) == sorted(one.kind.name for one in laid)


def read_table(reader: MembershipReader, experiment: Experiment, cohort: str = "alpha") -> pl.DataFrame:
    """The wide table of a cohort that was built, as a store's reader gives it."""
    return pl.concat(reader.rows(cohort, experiment.wide_columns).unwrap())

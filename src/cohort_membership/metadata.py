"""The metadata of a generation, written before it runs: its text, and whether one found is its own."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from cohort_membership.catalog import COPY
from cohort_membership.experiment import Experiment
from cohort_membership.identity import normalised
from cohort_membership.manifest import corrupt
from cohort_membership.plan import Plan
from cohort_membership.problems import GenerationConflict, Location, Problem, counted
from cohort_membership.stage import REPLICATE, TEMPLATE, Stage

ORIGIN, MODE, PARENT = "origin_cohort_id", "mode", "parent_gen_id"

TEMPLATE_SHA256, SUBJECT_SHA256 = "template_sha256", "subject_sha256"
"""Keys that hold what a generation was seeded with: the SHA-256 of its template's text, and, of a first
stage, that of its subject's rows in their catalog. They are there only where the template has a text."""

UNJUDGED = frozenset({ORIGIN, MODE, TEMPLATE_SHA256, SUBJECT_SHA256})
"""Keys that do not tell which generation it is."""


@dataclass(frozen=True, slots=True)
class Seed:
    """The metadata of one generation, to be written before it runs."""

    stage: str
    gen_id: str
    text: str


def metadata_keys(experiment: Experiment, stage: Stage, *, has_mode: bool) -> tuple[str, ...]:
    """The keys of a stage's metadata, sorted as they are written; without those that hold digests."""
    head = experiment.subject if stage.parent is None else PARENT
    keys = ("stage", "gen_id", ORIGIN, head, *stage.axis_of, *((MODE,) if has_mode else ()))
    return tuple(sorted(keys))


def seeds(table: pl.DataFrame, plan: Plan) -> Iterator[Seed]:
    """The metadata of each row of a part of the wide table, as `metadata.json` holds it."""
    for name in table["stage"].unique(maintain_order=True).cast(pl.String).to_list():
        part = table.filter(table["stage"] == name)
        stage, modes = plan.experiment.by_name[name], plan.modes.get(name)
        keys = metadata_keys(plan.experiment, stage, has_mode=modes is not None)
        columns = {key: _written(part, key, modes) for key in keys}
        of_texts = plan.texts.get(name)
        if not of_texts:
            yield from _seeds_of(part, columns)
            continue
        digests = _digests(part, plan, stage, of_texts)
        has_text = part[TEMPLATE].cast(pl.String).is_in(list(of_texts)).to_list()
        both = zip(has_text, _seeds_of(part, columns), _seeds_of(part, {**columns, **digests}), strict=True)
        yield from (digested if has_digest else plain for has_digest, plain, digested in both)


def _seeds_of(part: pl.DataFrame, columns: Mapping[str, Sequence[object]]) -> Iterator[Seed]:
    """The seeds of rows of one stage, from the values of their keys as JSON."""
    keys = sorted(columns)
    form = "{\n" + ",\n".join(f'  "{key}": %s' for key in keys) + "\n}\n"
    stage = str(part["stage"][0])
    for gen_id, *values in zip(part["gen_id"], *(columns[key] for key in keys), strict=True):
        yield Seed(stage, gen_id, form % tuple(values))


def _digests(
    part: pl.DataFrame, plan: Plan, stage: Stage, of_texts: Mapping[str, str]
) -> Mapping[str, Sequence[object]]:
    """The keys that hold digests, with their values as JSON; null where there is none."""
    found = {TEMPLATE_SHA256: _looked_up(part[TEMPLATE], of_texts)}
    if stage.parent is None and plan.subjects:
        found[SUBJECT_SHA256] = _looked_up(part[plan.experiment.subject], plan.subjects)
    return found


def _looked_up(levels: pl.Series, digests: Mapping[str, str]) -> Sequence[object]:
    quoted = {level: json.dumps(digest) for level, digest in digests.items()}
    return [quoted.get(level, "null") for level in levels.cast(pl.String).to_list()]


def _written(part: pl.DataFrame, key: str, modes: Mapping[str, str] | None) -> Sequence[object]:
    """The values of a key as JSON, row by row."""
    if key == REPLICATE:
        return part[key].cast(pl.String).fill_null("null").to_list()  # a damaged table may have none
    values = part[TEMPLATE if key == MODE else key].cast(pl.String).to_list()
    texts = {value: (modes or {})[value] if key == MODE else value for value in set(values)}
    quoted = {value: json.dumps(text, ensure_ascii=False) for value, text in texts.items()}
    return [quoted[value] for value in values]


@dataclass(frozen=True, slots=True)
class OtherMode:
    """Metadata that records another mode of its template than the catalog has. It stays as it is."""

    stage: str
    template: str
    recorded: str
    catalogued: str


def judged(seed: Seed, content: bytes | str, experiment: Experiment, file: str) -> Problem | OtherMode | None:
    """What is to be said of metadata that was found where a seed's would be; nothing where it is as it
    should be. It can be `generation-conflict`, or `artifact-corrupt` where it is no JSON object.
    """
    if content == (seed.text if isinstance(content, str) else seed.text.encode()):
        return None
    found = decoded(content)
    if found is None:
        remedy = "look at the file: it is never overwritten"
        return corrupt(file, "the metadata of a generation, as a JSON object", "something else", remedy)
    wanted: dict[str, Any] = json.loads(seed.text)
    differing = _differing(found, wanted, experiment)
    if differing:
        uncounted = experiment.by_name[seed.stage].uncounted
        return GenerationConflict(
            gen_id=seed.gen_id,
            expected=described(wanted, experiment),
            got=described(found, experiment),
            uncounted=tuple(differing) if uncounted.issuperset(differing) else (),
            location=Location(file),
        )
    recorded, mode = found.get(MODE), wanted.get(MODE)
    if recorded is None or mode is None or not _differ(recorded, mode):
        return None
    return OtherMode(seed.stage, str(wanted[TEMPLATE]), str(recorded), mode)


def other_modes(recorded: Iterable[tuple[str, str, str | None, int]], plan: Plan) -> Mapping[OtherMode, int]:
    """What metadata that is counted by stage, template and mode records otherwise than the catalog has it."""
    found: dict[OtherMode, int] = {}
    for stage, template, mode, count in recorded:
        catalogued = (plan.modes.get(stage) or {}).get(template)
        if mode is not None and catalogued is not None and _differ(mode, catalogued):
            found[OtherMode(stage, template, mode, catalogued)] = count
    return found


def _differ(recorded: object, catalogued: object) -> bool:
    """Whether one mode asks a model and the other does not."""
    return (recorded == COPY) != (catalogued == COPY)


def mode_notices(counts: Mapping[OtherMode, int]) -> tuple[str, ...]:
    """What to tell of metadata that records other modes, by how many generations do.

    >>> mode_notices({OtherMode("answer", "terse", "llm", "copy"): 3})[0]
    "answer template 'terse': the metadata of 3 generations records mode 'llm', and the catalog says 'copy'"
    """
    return tuple(
        f"{one.stage} template {one.template!r}: the metadata of {counted(count, 'generation')} records mode "
        f"{one.recorded!r}, and the catalog says {one.catalogued!r}"
        for one, count in counts.items()
    )


def belongs(found: Mapping[str, Any], wanted: Mapping[str, Any], experiment: Experiment) -> bool:
    """Whether metadata found under an id is that of the generation wanted there.

    What the id counts must agree, as ids compare texts, and numbers as numbers. A generation that asks a
    model must also agree in the columns that its id does not count, since the id does not tell. A key
    that is null or not there contradicts nothing; whatever else the file holds does not matter.
    """
    return not _differing(found, wanted, experiment)


def _differing(found: Mapping[str, Any], wanted: Mapping[str, Any], experiment: Experiment) -> list[str]:
    """The keys in which the two contradict one another."""
    stage = experiment.by_name[wanted["stage"]]
    passed_over = {*UNJUDGED, *(stage.uncounted if wanted.get(MODE) == COPY else ())}
    return [
        key
        for key, value in wanted.items()
        if key not in passed_over
        and found.get(key) is not None
        and value is not None
        and _as_compared(found[key]) != _as_compared(value)
    ]


def _as_compared(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return normalised(str(value))


def described(metadata: Mapping[str, Any], experiment: Experiment) -> str:
    """A generation in words, for a message."""
    keys = ("stage", experiment.subject, PARENT, *experiment.columns)
    return ", ".join(f"{key} {metadata[key]!r}" for key in keys if metadata.get(key) is not None)


def decoded(content: bytes | str) -> Mapping[str, Any] | None:
    """What metadata holds; None where it is no JSON object."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None

"""EDGE: reads the experiment file of a data root, beside its pure decoding."""

import hashlib

from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.document import Node
from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.experiment import Experiment
from cohort_membership.load.experiment.decode import decode_experiment
from cohort_membership.load.text.faults import Faults
from cohort_membership.load.text.json import parse_json
from cohort_membership.load.text.utf8 import decode_utf8
from cohort_membership.load.text.yaml import parse_yaml
from cohort_membership.ports import FileReader, ReadFault
from cohort_membership.problems import (
    ExperimentInvalid,
    ExperimentUnreadable,
    Location,
    Problem,
    Problems,
    StorageUnavailable,
    fail,
)

NAMES = ("experiment.yaml", "experiment.yml", "experiment.json")
"""One of these, at the top of the data root, is the experiment; without one the built-in is in force."""

LIMIT = 16 * 2**20
"""The bytes that an experiment file may have."""


def read_experiment(read: FileReader) -> Result[Experiment, Problems]:
    """The experiment of a data root: what its file says, or the built-in one.

    It can return `experiment-unreadable`, `experiment-invalid` and `storage-unavailable`.

    >>> nothing = Failure(ReadFault("missing", "no such file"))
    >>> read_experiment(lambda path, *, within, limit: nothing).unwrap().is_built_in
    True
    """
    found = {name: read(name, within=".", limit=LIMIT) for name in NAMES}
    there = {
        name: data for name, data in found.items() if is_successful(data) or data.failure().kind != "missing"
    }
    if not there:
        return Success(DRAFT_ESSAY_EVALUATION)
    (name, data), *others = there.items()
    if others:
        return fail(*(_beside(other, name) for other, _ in others))
    if not is_successful(data):
        return fail(_unread(data.failure(), name))
    return parse_experiment(data.unwrap(), name)


def parse_experiment(data: bytes, file: str) -> Result[Experiment, Problems]:
    r"""The experiment that the bytes of a file hold; all problems of it at once.

    >>> text = b"subject: q\nstages: {answer: {id_prefix: a_, columns: {template_id: answer_template}}}"
    >>> parse_experiment(text, "experiment.yaml").unwrap().axes
    ('q', 'answer_template')
    """
    text = decode_utf8(data, file)
    if not is_successful(text):
        faults = text.failure()
        return Failure(tuple(ExperimentUnreadable(location=one.location, reason=one.got) for one in faults))
    parse = parse_json if file.endswith(".json") else parse_yaml
    root: Result[Node | None, Problems] = parse(text.unwrap(), file).alt(as_experiment_invalid)
    digest = hashlib.sha256(data).hexdigest()
    return root.bind(lambda node: decode_experiment(node, file=file, digest=digest))


def as_experiment_invalid(faults: Faults) -> Problems:
    """What is wrong with the shape of an experiment's text or data, as problems."""
    return tuple(
        ExperimentInvalid(
            where="experiment",
            detail=f"expected {fault.expected}, got {fault.got}",
            remedy=fault.remedy,
            location=fault.location,
        )
        for fault in faults
    )


def _beside(other: str, name: str) -> Problem:
    return ExperimentInvalid(
        where="experiment",
        detail=f"there is {name} beside it, and a data root has one experiment",
        remedy="remove one of the two",
        location=Location(other),
    )


def _unread(fault: ReadFault, name: str) -> Problem:
    if fault.kind == "unavailable":
        return StorageUnavailable(location=Location(name), action=f"read {name}", reason=fault.reason)
    return ExperimentUnreadable(location=Location(name), reason=fault.reason)

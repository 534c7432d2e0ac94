"""An experiment from plain Python data, for callers who hold it already."""

from collections.abc import Mapping

from returns.result import Result

from cohort_membership.document import Node
from cohort_membership.experiment import Experiment
from cohort_membership.load.experiment.decode import decode_experiment
from cohort_membership.load.experiment.reader import as_experiment_invalid
from cohort_membership.load.spec.mapping import digest_of, grown
from cohort_membership.problems import Problems


def experiment_from_mapping(mapping: Mapping[str, object]) -> Result[Experiment, Problems]:
    """The experiment that the mapping holds, in the shape of an experiment file (README of this folder).

    Lists may be lists or tuples; a text may also be a number or a bool. All that is wrong is
    `experiment-invalid`, without a place. The digest is the SHA-256 of the data as JSON.

    >>> answer = {"id_prefix": "a_", "columns": {"llm_model_id": "answer_llm"}}
    >>> experiment_from_mapping({"subject": "question_id", "stages": {"answer": answer}}).unwrap().axes
    ('question_id', 'answer_llm')
    >>> [one.code for one in experiment_from_mapping({"subject": "q", "stages": {"a": {}}}).failure()]
    ['experiment-invalid', 'experiment-invalid']
    """
    root: Result[Node | None, Problems] = grown(mapping).result().alt(as_experiment_invalid)
    return root.bind(lambda node: decode_experiment(node, digest=digest_of(node)))

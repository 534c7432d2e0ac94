"""The example data roots, as package data: small enough to read, real enough to learn from.

Each folder of `data/` is laid out as a data root is (load/README.md).
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

EXAMPLES = ("draft-essay-evaluation", "question-answer-verdict", "empty")
"""The examples by name, the one that the tour takes first."""


def example_root(name: str = EXAMPLES[0]) -> Traversable:
    """An example data root, wherever the package is installed.

    >>> sorted(cohort.name for cohort in (example_root() / "cohorts").iterdir())
    ['coupled-judges', 'first-steps']
    """
    return files(__name__) / "data" / name

"""The example data root, as package data: small enough to read, real enough to learn from.

`data/` is laid out as every data root is (README, "The data root"): catalogs, and two cohorts.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable


def example_root() -> Traversable:
    """The example data root, wherever the package is installed.

    >>> sorted(cohort.name for cohort in (example_root() / "cohorts").iterdir())
    ['coupled-judges', 'first-steps']
    """
    return files(__name__) / "data"

"""What is left of a design on some axes: that is how stages are read off it without building its rows.

The projection of a product on some axes is the product of the projections.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

from cohort_membership.design import Factors


@dataclass(frozen=True, slots=True, eq=False)
class Projected:
    """What is left of the design's factor number `origin` on some axes: `frame` has distinct `identity`."""

    origin: int
    frame: pl.DataFrame
    identity: tuple[str, ...]

    @property
    def height(self) -> int:
        return self.frame.height

    @property
    def keys(self) -> pl.DataFrame:
        """The columns of the identity alone."""
        return self.frame[list(self.identity)]


Projection: TypeAlias = tuple[Projected, ...]


def project(factors: Factors, identity: Sequence[str], attributes: Sequence[str] = ()) -> Projection:
    """The distinct combinations of `identity`, factor by factor, in order of first appearance.

    Attributes come along from the first row of each; a factor that has neither is left out.

    >>> from cohort_membership.design import factor
    >>> halves = factor(["x", "y"], [("1", "1", "2"), ("a", "b", "a")])
    >>> [one.frame.rows() for one in project((halves,), ["x"], ["y"])]
    [[('1', 'a'), ('2', 'a')]]
    """
    projected = []
    for origin, one in enumerate(factors):
        own = tuple(axis for axis in one.axes if axis in identity)
        carried = [axis for axis in one.axes if axis in attributes]
        if own:
            projected.append(Projected(origin, distinct(one.frame, own, carried), own))
        elif carried:
            projected.append(Projected(origin, one.frame.select(carried).head(1), ()))
    return tuple(projected)


def distinct(frame: pl.DataFrame, axes: Sequence[str], carried: Sequence[str] = ()) -> pl.DataFrame:
    """The first row of each combination of `axes`, with what is carried along; of a frame as factors have.

    >>> halves = pl.DataFrame({"x": ["1", "1", "2"], "y": ["a", "b", "a"]})
    >>> distinct(halves, ["x"])["x"].to_list()
    ['1', '2']
    """
    shown = [*axes, *carried]
    own = frame if shown == frame.columns else frame[shown]
    if set(axes) == set(frame.columns):
        return own  # no row of a factor is there twice
    return own.unique(axes, keep="first", maintain_order=True)


def height(projection: Projection) -> int:
    return math.prod(one.height for one in projection)

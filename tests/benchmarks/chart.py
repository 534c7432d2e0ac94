"""The chart: rows against seconds, one line a way, named where it ends.

Its ground is transparent and its colours stand off from white and from near-black alike, so that one picture
serves a light page and a dark one.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from tests.benchmarks.measure import Figures

Points: TypeAlias = list[tuple[int, float]]

TITLE = "Spec to membership.csv, whole process from a cold start"
INK = "#7d8793"
SETTINGS: Any = {
    "svg.hashsalt": "chart",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
STYLES = {
    "command/fast": ("#e8590c", 2.6, "cohort-membership"),
    "command/standard": ("#2f81f7", 1.8, "the same, no compiler"),
    "script/fast": ("#f59f5b", 1.8, "the pure steps, CSV alone"),
    "loop": ("#8b949e", 1.8, "plain loop, hashlib"),
    "pandas": ("#a371f7", 1.4, "pandas, id a row"),
    "duckdb": ("#bf8700", 1.4, "DuckDB, Python UDF"),
    "sklearn": ("#1a9c6b", 1.4, "scikit-learn grid"),
}
LABEL_GAP = 0.055
"""The least distance of two labels, as a part of the axis's height."""


def draw(figures: Sequence[Figures], about: str, path: Path) -> None:
    """Write the chart as SVG or PNG, by the path's suffix; `about` is the line below it."""
    import matplotlib as mpl  # type: ignore[import-untyped, import-not-found, unused-ignore]

    mpl.use("agg")
    mpl.rcParams.update(SETTINGS)
    from matplotlib import pyplot  # type: ignore[import-untyped, import-not-found, unused-ignore]

    figure, axes = pyplot.subplots(figsize=(8.4, 4.8), layout="constrained")
    lines = {name: points for name in STYLES if (points := _points(figures, name))}
    for name, points in lines.items():
        colour, width, _ = STYLES[name]
        rows, seconds = zip(*points, strict=True)
        axes.plot(rows, seconds, color=colour, linewidth=width, marker="o", markersize=width + 1.8)
    _scales(axes, lines)
    _labels(axes, lines)
    axes.set_title(TITLE, loc="left", fontsize=12, fontweight="bold", pad=12)
    axes.set_xlabel(f"rows of the membership\n{about}", labelpad=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    more = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, transparent=True, dpi=160, metadata=more)
    pyplot.close(figure)


def _points(figures: Sequence[Figures], name: str) -> Points:
    return sorted((one.rows, one.seconds) for one in figures if one.way.name == name)


def _scales(axes: Any, lines: dict[str, Points]) -> None:
    seconds = [took for points in lines.values() for _, took in points]
    rows = sorted({10 ** round(math.log10(rows)) for points in lines.values() for rows, _ in points})
    ticks = [10.0**power for power in range(-4, 6) if min(seconds) / 10 < 10.0**power < max(seconds) * 10]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(rows, [_count(one) for one in rows])
    axes.set_yticks(ticks, [f"{tick:,g} s" for tick in ticks])
    axes.set_ylim(min(seconds) / 2, max(seconds) * 2)
    axes.minorticks_off()
    axes.tick_params(length=0)
    axes.grid(color=INK, alpha=0.25, linewidth=0.7)
    axes.spines[:].set_visible(False)


def _labels(axes: Any, lines: dict[str, Points]) -> None:
    """Names at the ends of the lines."""
    low, high = (math.log10(limit) for limit in axes.get_ylim())
    names = sorted(lines, key=lambda name: lines[name][-1][1])
    ends = [(math.log10(lines[name][-1][1]) - low) / (high - low) for name in names]
    for name, height in zip(names, apart(ends, LABEL_GAP), strict=True):
        colour, width, label = STYLES[name]
        axes.annotate(
            label,
            (lines[name][-1][0], 10 ** (low + height * (high - low))),
            (10, 0),
            textcoords="offset points",
            annotation_clip=False,
            color=colour,
            va="center",
            fontweight="bold" if width > 2 else "normal",
        )


def apart(heights: Sequence[float], gap: float) -> list[float]:
    """Ascending heights moved as little as it takes to stand at least `gap` from one another."""
    groups: list[list[float]] = []  # neighbours that touch stand evenly around their common middle
    for height in heights:
        group = [height]
        while groups and sum(groups[-1]) / len(groups[-1]) + gap * (len(groups[-1]) + len(group)) / 2 > (
            sum(group) / len(group)
        ):
            group = groups.pop() + group
        groups.append(group)
    return [
        sum(group) / len(group) + gap * (place - (len(group) - 1) / 2)
        for group in groups
        for place in range(len(group))
    ]


def _count(rows: int) -> str:
    return f"{rows // 1_000_000:,} million" if rows >= 1_000_000 else f"{rows:,}"

"""Words of other tools and of the older spelling: what the thing is called here."""

from collections.abc import Mapping

_HINTS: Mapping[str, str] = {
    "<<": "YAML 1.2 has no merge keys: write the keys out, or name a list by '&name' and use it as '*name'",
    "exclude": "combinations are left out by a rule: "
    "`rules: {excludes: {name: {axes: [x, y], items: [[x1, y1]]}}}`",
    "zip": "axes that take their levels together, row by row, are a tuple: "
    "`rules: {tuples: {name: {axes: [x, y], items: [[x1, y1], [x2, y2]]}}}`",
    "matrix": "each axis is crossed with all others: put its keys under `axes`",
    "include": "a list is included by its path: `axis: '@file:items/levels.csv'`; combinations are listed "
    "under `rules: {pairs: ...}` or `rules: {tuples: ...}`",
    "replicates": "replicates are an axis of each stage: `axes: {<stage>_replicate: [1, 2, 3]}`",
    "levels": "an axis holds its levels itself: `axis: [level, level]`",
    "catalog_lookup": "levels are always looked up in the catalog of their axis: leave this key out",
    "expand": "tuples are always expanded into their axes: leave this key out",
    "range": "write each level: `axis: [1, 2, 3]`",
    "keep": "a subset lists the levels to keep: `rules: {subsets: {axis: [level, level]}}`",
}

_SAME: Mapping[str, str] = {
    **dict.fromkeys(("excluding", "excluded", "except"), "exclude"),
    **dict.fromkeys(("zipped", "linked"), "zip"),
    **dict.fromkeys(("grid", "product", "sweep", "sweeps", "parameters", "params", "factors"), "matrix"),
    **dict.fromkeys(("includes", "import", "imports", "file"), "include"),
    **dict.fromkeys(("replicate", "replications", "repeats", "repeat", "trials"), "replicates"),
    **dict.fromkeys(("values", "choices", "options"), "levels"),
    **dict.fromkeys(("catalog", "catalogs", "lookup"), "catalog_lookup"),
    **dict.fromkeys(("expand_pairs", "expand_ties", "expand_tuples", "keep_pair_axis"), "expand"),
    **dict.fromkeys(("start", "stop", "step", "ranges"), "range"),
}


def hint_for_key(key: str, where: str) -> str | None:
    """What to write here for a key that is known elsewhere; None for any other key.

    `where` is the path of keys to the map that holds the key. The names of rules and of designs are the
    author's own: there only '<<' has a hint.

    >>> hint_for_key("replicates", "spec")
    'replicates are an axis of each stage: `axes: {<stage>_replicate: [1, 2, 3]}`'
    >>> hint_for_key("zip", "rules.tuples") is None
    True
    """
    word = key.strip().lower()
    *outer, last = where.split(".")
    if word != "<<" and (last == "designs" or (outer and outer[-1] == "rules")):
        return None
    return _HINTS.get(_SAME.get(word, word))

"""Predicates applied: which rows of a frame fulfil a condition, by polars, column by column.

A number that cannot be made (a cast that fails, a result beyond 64 bits) is NULL, and noted. It is a fault
where the answer for the row hangs on it: where the condition, with NULL in its place, is neither true nor
false. So `family = 'atlas' AND CAST(size AS INTEGER) > 8` does not ask for the size of other families.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership.predicates.judgement import (
    ARITHMETIC,
    CAST,
    CASTS,
    FUNCTIONS,
    SIGNS,
    number_kind,
)
from cohort_membership.predicates.language import Condition, Fault, Kind, Literal, Name, Node, Term

TRUTH: Mapping[str, Callable[..., pl.Expr]] = MappingProxyType(
    {
        "AND": pl.all_horizontal,  # with NULL as in SQL: false decides, then NULL
        "OR": pl.any_horizontal,
        "NOT": pl.Expr.not_,
        "BETWEEN": lambda value, low, high: (value >= low) & (value <= high),
        "=": pl.Expr.eq,
        "<>": pl.Expr.ne,
        "<": pl.Expr.lt,
        "<=": pl.Expr.le,
        ">": pl.Expr.gt,
        ">=": pl.Expr.ge,
    }
)
FUNCTION: Mapping[str, Callable[[pl.Expr], pl.Expr]] = MappingProxyType(
    {
        "LOWER()": lambda text: text.str.to_lowercase(),
        "UPPER()": lambda text: text.str.to_uppercase(),
        "LENGTH()": lambda text: text.str.len_chars().cast(pl.Int64),
    }
)
TYPE = MappingProxyType(
    {Kind.TEXT: pl.String, Kind.WHOLE: pl.Int64, Kind.DOUBLE: pl.Float64, Kind.TRUTH: pl.Boolean}
)


def holds(condition: Condition, frame: pl.DataFrame) -> Result[pl.Series, tuple[Fault, ...]]:
    """For each row whether the condition is true: a Boolean series without nulls, NULL being false.

    `frame` has the condition's `columns`: text, with null for an empty attribute, and replicates as text
    or whole numbers. A cast that fails on a value of a row that hangs on it is a fault, with the first
    such value; so is a number beyond 64 bits.

    >>> from cohort_membership.predicates import Axis, judge, parse
    >>> frame = pl.DataFrame({"judge.size": ["7", "70", None, "large"]})
    >>> known = {"judge": Axis(attributes=("size",))}
    >>> large = judge(parse("CAST(judge.size AS INTEGER) > 8").unwrap(), known).unwrap()
    >>> holds(large, frame.head(3)).unwrap().to_list()
    [False, True, False]
    >>> holds(large, frame).failure()[0].detail
    "CAST(judge.size AS INTEGER) fails: 'large' is not a whole number of 64 bits"
    """
    compiler = _Compiler(condition)
    truth = compiler.value(condition.predicate.root)
    # Columns get names of our own: in polars a name such as '^.*$' or '*' stands for many columns.
    columns = [
        frame.get_column(name).cast(TYPE[kind], strict=False).alias(compiler.columns[name])
        for name, kind in condition.kinds.items()
    ]
    table = pl.DataFrame([pl.int_range(frame.height, eager=True).alias("row"), *columns])
    for step in compiler.steps:
        # Made of its series anew: polars keeps a constant column as one value, and then counts it as one row.
        table = pl.DataFrame(table.with_columns(step).get_columns())
    answer = table.with_columns(truth.expr.alias("answer"))["answer"]
    if compiler.checks and answer.null_count():
        faults = compiler.faults(table.filter(answer.is_null()))
        if faults:
            return Failure(faults)
    return Success(answer.fill_null(False).alias("holds"))


@dataclass(frozen=True, slots=True)
class _Value:
    """An expression over the table; a text or a number is a column or a literal, so free to use twice."""

    expr: pl.Expr
    kind: Kind
    step: int = 0
    """How many steps must have been made before it can be read."""
    failed: tuple[pl.Expr, ...] = ()
    """Where a number that it is made of could not be made."""


@dataclass(slots=True)
class _Compiler:
    """Makes a condition an expression of polars.

    Texts and numbers that are computed become columns of the table, step by step. An expression that held
    them twice, to check them, would double with each level of nesting.
    """

    condition: Condition
    columns: Mapping[str, str] = field(init=False)
    steps: list[list[pl.Expr]] = field(default_factory=list)
    checks: list[tuple[Term, pl.Expr, pl.Expr]] = field(default_factory=list)
    """What can fail, where it did, and the value that it failed on."""

    def __post_init__(self) -> None:
        self.columns = {name: f"name{place}" for place, name in enumerate(self.condition.kinds)}

    def faults(self, table: pl.DataFrame) -> tuple[Fault, ...]:
        """For each thing that failed in these rows, the first value that it failed on."""
        found = []
        for term, failed, value in self.checks:
            rows = table.filter(failed)
            if rows.height:
                source = self.condition.predicate.source(term)
                found.append(
                    _failure(term, source, rows.head(1).with_columns(value.alias("on"))["on"].item())
                )
        return tuple(found)

    def value(self, node: Node) -> _Value:
        if isinstance(node, Name):
            name = self.condition.column(node)
            return _Value(pl.col(self.columns[name]), self.condition.kinds[name])
        if isinstance(node, Literal):
            return _literal(node.value)
        return self._term(node, [self.value(one) for one in node.operands])

    def _term(self, node: Term, operands: Sequence[_Value]) -> _Value:
        if node.operator in FUNCTIONS:
            made = FUNCTION[node.operator](operands[0].expr)
            return self._keep(made, FUNCTIONS[node.operator], operands)
        if node.operator == CAST:
            return self._cast(node, operands)
        if node.operator in SIGNS:
            return self._arithmetic(node, node.operator[0], [_literal(0), *operands])
        if node.operator in ARITHMETIC:
            return self._arithmetic(node, node.operator, operands)
        failed = tuple(one for operand in operands for one in operand.failed)
        step = max(one.step for one in operands)
        return _Value(_truth(node, operands), Kind.TRUTH, step=step, failed=failed)

    def _keep(self, expr: pl.Expr, kind: Kind, operands: Sequence[_Value]) -> _Value:
        """The value as a column of the table."""
        step = max(one.step for one in operands)
        while len(self.steps) <= step:
            self.steps.append([])
        name = f"made{step}_{len(self.steps[step])}"
        self.steps[step].append(expr.alias(name))
        failed = tuple(one for operand in operands for one in operand.failed)
        return _Value(pl.col(name), kind, step=step + 1, failed=failed)

    def _checked(
        self, node: Term, made: _Value, on: pl.Expr, operands: Sequence[_Value], also: pl.Expr | None = None
    ) -> _Value:
        """The value, noted where it is NULL although what it is made of is not."""
        given = [one.expr.is_not_null() for one in operands] + ([] if also is None else [also])
        failed = pl.all_horizontal(*given, made.expr.is_null())
        self.checks.append((node, failed, on))
        return replace(made, failed=(*made.failed, failed))

    def _cast(self, node: Term, operands: Sequence[_Value]) -> _Value:
        kind = CASTS[(node.type_name or "").upper()]
        operand = operands[0]
        if operand.kind is kind or (operand.kind, kind) == (Kind.WHOLE, Kind.DOUBLE):
            return replace(operand, expr=operand.expr.cast(TYPE[kind]), kind=kind)
        given = operand.expr.str.strip_chars() if operand.kind is Kind.TEXT else operand.expr
        number = given.cast(TYPE[kind], strict=False)
        if kind is Kind.DOUBLE:
            number = _finite(number)
        return self._checked(node, self._keep(number, kind, operands), operand.expr, operands)

    def _arithmetic(self, node: Term, operator: str, operands: Sequence[_Value]) -> _Value:
        kind = number_kind([one.kind for one in operands])
        # 128 bits hold whatever two numbers of 64 bits give: what is too large is seen, not wrapped.
        left, right = (one.expr.cast(pl.Int128 if kind is Kind.WHOLE else pl.Float64) for one in operands)
        match operator:
            case "+":
                number = left + right
            case "-":
                number = left - right
            case "*":
                number = left * right
            case _ if kind is Kind.WHOLE:  # polars rounds down, SQL towards zero
                number = left.abs() // right.abs() * left.sign() * right.sign()
            case _:
                number = left / right
        number = number.cast(pl.Int64, strict=False) if kind is Kind.WHOLE else _finite(number)
        divides = operands[1].expr != 0 if operator == "/" else None
        return self._checked(node, self._keep(number, kind, operands), pl.lit(""), operands, divides)


def _finite(number: pl.Expr) -> pl.Expr:
    return pl.when(number.is_finite()).then(number)


def _literal(value: str | float | None) -> _Value:
    kind = Kind.TEXT if isinstance(value, str) else Kind.WHOLE if isinstance(value, int) else Kind.DOUBLE
    return _Value(pl.lit(value, dtype=TYPE[kind]), kind)


def _truth(node: Term, operands: Sequence[_Value]) -> pl.Expr:
    first, *rest = [one.expr for one in operands]
    match node.operator:
        case "IS NULL":
            failed = operands[0].failed
            # A number that could not be made is not an empty one.
            return (
                pl.when(pl.any_horizontal(failed).not_()).then(first.is_null()) if failed else first.is_null()
            )
        case "IN":
            values = [one.value for one in node.operands[1:] if isinstance(one, Literal)]
            if len(values) == len(rest) and all(one.kind is operands[0].kind for one in operands):
                return first.is_in(values)
            return pl.any_horizontal([first == one for one in rest])
        case "LIKE" | "ILIKE":
            pattern = node.operands[1]
            assert isinstance(pattern, Literal)  # noqa: S101  # judged: a pattern is written out
            return _like(first, str(pattern.value), any_case=node.operator == "ILIKE")
        case _:
            return TRUTH[node.operator](first, *rest)


def _like(text: pl.Expr, pattern: str, *, any_case: bool) -> pl.Expr:
    """Whether the whole text is as the pattern: `%` is any text, `_` one character, `\\` is itself."""
    if any_case:
        text, pattern = text.str.to_lowercase(), _lower(pattern)
    parts = [
        # Of wildcards side by side only the number of `_` counts: '%_%_' searched as written is slow.
        "." * part.count("_") + ".*" * ("%" in part) if part[0] in "%_" else pl.escape_regex(part)
        for part in re.findall(r"[%_]+|[^%_]+", pattern)
    ]
    return text.str.contains(f"(?s)^{''.join(parts)}$")


def _lower(pattern: str) -> str:
    """As polars makes a text lower case, so that both sides are made so by one and the same rule."""
    lower: str = pl.select(pl.lit(pattern).str.to_lowercase()).item()
    return lower


def _failure(term: Term, source: str, value: object) -> Fault:
    if term.operator != CAST:
        return Fault(term.start, term.stop, f"{source} gives a number that does not fit in 64 bits")
    shown = f"'{value}'" if isinstance(value, str) else f"{value}"
    shown = shown if len(shown) <= 60 else f"{shown[:58]}…'"
    wanted = (term.type_name or "").upper()
    what = "a whole number" if wanted == "INTEGER" else "a decimal number"
    remedy = "decide before the cast, e.g. with IS NOT NULL, IN or LIKE and AND"
    if wanted == "INTEGER" and isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]*\.[0-9]+\s*", value):
        remedy = "write CAST(… AS DOUBLE)"
    return Fault(term.start, term.stop, f"{source} fails: {shown} is not {what} of 64 bits", remedy=remedy)

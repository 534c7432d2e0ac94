"""Predicates read: a text becomes a tree, or the fault that stops it.

The grammar is the closed list of what can be said. Lark reads it without recursion and keeps the place of
every token; it is imported where the first predicate is read.
"""

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from returns.result import Failure, Result, Success

from cohort_membership.predicates.language import Fault, Literal, Name, Node, Predicate, Term

if TYPE_CHECKING:
    from lark import Lark, Token
    from lark.exceptions import UnexpectedToken

MAX_LENGTH = 10_000
"""Characters of a predicate."""

MAX_DEPTH = 64
"""Operators inside operators; a chain of AND, or of OR, is one."""

GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction | conjunction (OR conjunction)+ -> chain
?conjunction: negation | negation (AND negation)+ -> chain
?negation: condition | NOT negation -> prefix
?condition: sum
    | sum COMPARE sum -> infix
    | sum NOT? IN LPAR items RPAR -> membership
    | sum NOT? BETWEEN sum AND sum -> between
    | sum NOT? (LIKE | ILIKE) sum -> like
    | sum IS NOT? NULL -> is_null
?sum: product | sum (PLUS | MINUS) product -> infix
?product: sign | product (TIMES | OVER) sign -> infix
?sign: atom | (PLUS | MINUS) sign -> prefix
?atom: NUMBER -> number
    | TEXT -> text
    | NULL -> null
    | (NAME | QUOTED) (DOT (ATTRIBUTE | QUOTED))? -> name
    | NAME LPAR items? RPAR -> call
    | NAME LPAR disjunction AS NAME RPAR -> cast
    | LPAR disjunction RPAR -> brackets
items: disjunction (COMMA disjunction)*

OR: /or(?!\w)/i
AND: /and(?!\w)/i
NOT: /not(?!\w)/i
IN: /in(?!\w)/i
BETWEEN: /between(?!\w)/i
LIKE: /like(?!\w)/i
ILIKE: /ilike(?!\w)/i
IS: /is(?!\w)/i
NULL: /null(?!\w)/i
AS: /as(?!\w)/i
NAME: /(?!(?:or|and|not|in|between|like|ilike|is|null|as)(?!\w))[^\W\d]\w*/i
ATTRIBUTE: /[^\W\d]\w*/
QUOTED: /"[^"]*(?:""[^"]*)*"/
TEXT: /'[^']*(?:''[^']*)*'/
NUMBER: /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?(?![\w.])/i
COMPARE: /<>|<=|>=|!=|==|=|<(?!=>)|>/
PLUS: "+"
MINUS: /-(?!-)/
TIMES: "*"
OVER: /\/(?!\*)/
LPAR: "("
RPAR: ")"
COMMA: ","
DOT: "."
%ignore /[ \t\r\n\f]+/
"""

Child: TypeAlias = "Token | Node | tuple[Node, ...]"

SYMBOLS = (
    (r"'", "the text that begins here has no closing quote", "a quote within a text is doubled: 'it''s'"),
    (r'"', "the name that begins here has no closing quote", None),
    (r"--|/\*", "a comment cannot stand in a predicate", "write it beside the predicate, after a #"),
    (r";", "a predicate is one condition, not a statement", "leave out ';'"),
    (r"\|\|", "texts cannot be joined in a predicate", None),
    (r"%", "there is no remainder in a predicate", None),
    (r"::", "a cast is written in another way", "write CAST(… AS INTEGER) or CAST(… AS DOUBLE)"),
    (r"[`\[]", "a name is quoted in another way", 'write "name"'),
    (r"[‘’“”]", "this is not a straight quote", "write 'text' and \"name\""),
    (r"[@:?$#]\w*", "there are no parameters in a predicate", "write the value itself"),
    (r"\.?[0-9][\w.]*", "this is not a number", "write digits, e.g. 12 or 0.5"),
)
"""What other dialects write, as it begins where reading stops: what is wrong, and what to write."""

WORDS = {
    "SELECT": "a predicate cannot hold a subquery",
    "EXISTS": "a predicate cannot hold a subquery",
    "CASE": "there is no CASE in a predicate",
    "ESCAPE": "LIKE has no ESCAPE here",
    "GLOB": "there is no GLOB in a predicate",
    "REGEXP": "there is no REGEXP in a predicate",
    "MATCH": "there is no MATCH in a predicate",
    "COLLATE": "there is no COLLATE in a predicate",
    "DISTINCT": "there is no DISTINCT in a predicate",
}
REMEDIES = {
    "CASE": "use AND and OR",
    "GLOB": "use LIKE with % and _",
    "REGEXP": "use LIKE with % and _",
    "MATCH": "use LIKE with % and _",
    "COLLATE": "use LOWER(…) or ILIKE to ignore case",
}


def parse(text: str) -> Result[Predicate, tuple[Fault, ...]]:
    """The tree of a predicate; or what stops its reading, with its place in the text.

    >>> parse("judge.family <> author.family").unwrap().names[0].column
    'judge.family'
    >>> parse("judge = 'm1' AND").failure()[0].detail
    'the predicate ends too early'
    """
    early = _unreadable(text)
    if early is not None:
        return Failure((early,))
    from lark import exceptions

    try:
        root: Node = _parser().parse(text)  # type: ignore[assignment]  # the builder makes nodes, not trees
    except exceptions.UnexpectedCharacters as error:
        return Failure((_bad_symbol(text, error.pos_in_stream or 0),))
    except exceptions.UnexpectedToken as error:
        return Failure((_bad_token(text, error),))
    if root.depth > MAX_DEPTH:
        return Failure((Fault(root.start, root.stop, f"operators are nested more than {MAX_DEPTH} deep"),))
    return Success(Predicate(text, root))


def _unreadable(text: str) -> Fault | None:
    if len(text) > MAX_LENGTH:
        return Fault(0, len(text), f"a predicate has at most {MAX_LENGTH} characters; this has {len(text)}")
    if not text.strip():
        return Fault(0, len(text), "the predicate is empty", remedy="write a condition, e.g. axis = 'level'")
    half = re.search("[\ud800-\udfff]", text)
    if half is not None:
        return Fault(half.start(), half.end(), f"U+{ord(half[0]):04X} is half of a character")
    return None


def _bad_symbol(text: str, place: int) -> Fault:
    for pattern, detail, remedy in SYMBOLS:
        found = re.compile(pattern).match(text, place)
        if found is not None:
            return Fault(found.start(), found.end(), detail, remedy=remedy)
    symbol = text[place]
    shown = f"'{symbol}'" if symbol.isprintable() else "an invisible character"
    return Fault(place, place + 1, f"unexpected {shown} (U+{ord(symbol):04X})")


def _bad_token(text: str, error: "UnexpectedToken") -> Fault:
    token: Token = error.token
    ended = token.type == "$END"
    start = len(text.rstrip()) if ended else _start(token)
    before = re.search(r"[^\W\d]\w*(?=[\s(]*\Z)", text[:start])
    words = [(start, str(token)), *([(before.start(), before[0])] if before else [])]
    for place, word in words:
        if word.upper() in WORDS:
            detail, remedy = WORDS[word.upper()], REMEDIES.get(word.upper())
            return Fault(place, place + len(word), detail, remedy=remedy)
    remedy = "write ')'" if "RPAR" in error.accepts else None
    if ended:
        return Fault(start, start, "the predicate ends too early", remedy=remedy)
    shown = str(token) if len(token) <= 60 else f"{token[:59]}…"
    if text[start - 1 : start] == "'" and shown[0].isalnum():
        remedy = "a quote within a text is doubled: 'it''s'"
    if "NAME" in error.expected and shown.upper() in ("AS", "BETWEEN", "ILIKE", "IN", "IS", "LIKE"):
        remedy = f'a name that is a word of the language stands in double quotes: "{shown}"'
    if token.type == "COMPARE" and error.expected & {"AND", "OR"}:
        remedy = "join two comparisons with AND, or put one in brackets"
    return Fault(start, start + len(token), f"unexpected {shown}", remedy=remedy)


@cache
def _parser() -> "Lark":
    from lark import Lark

    return Lark(
        GRAMMAR, parser="lalr", keep_all_tokens=True, maybe_placeholders=False, transformer=_Builder()
    )


def _start(child: Child) -> int:
    if isinstance(child, tuple):
        return child[0].start
    return child.start if isinstance(child, Name | Literal | Term) else child.start_pos or 0


def _stop(child: Child) -> int:
    if isinstance(child, tuple):
        return child[-1].stop
    return child.stop if isinstance(child, Name | Literal | Term) else child.end_pos or 0


def _nodes(children: list[Child]) -> tuple[Node, ...]:
    return tuple(one for one in children if isinstance(one, Name | Literal | Term))


def _words(children: list[Child]) -> list[str]:
    """The tokens, in capitals."""
    return [str(one).upper() for one in children if isinstance(one, str)]


def _unquoted(token: str) -> str:
    quote = token[0]
    return token[1:-1].replace(quote * 2, quote) if quote in "'\"" else token


def _term(children: list[Child], operator: str, operands: tuple[Node, ...]) -> Term:
    return Term(_start(children[0]), _stop(children[-1]), operator, operands)


def _unless_not(children: list[Child], operator: str, operands: tuple[Node, ...]) -> Term:
    """`x NOT IN …` is NOT of `x IN …`, and so for the others."""
    term = _term(children, operator, operands)
    return _term(children, "NOT", (term,)) if "NOT" in _words(children) else term


class _Builder:
    """What each rule of the grammar makes of its parts; Lark calls the method of the rule's name."""

    def number(self, children: list[Child]) -> Node:
        token = str(children[0])
        # A number of thousands of digits is too large by its first thirty, and Python would not read it.
        value = int(token.lstrip("0")[:30] or "0") if token.isdigit() else float(token)
        return Literal(_start(children[0]), _stop(children[0]), value)

    def text(self, children: list[Child]) -> Node:
        return Literal(_start(children[0]), _stop(children[0]), _unquoted(str(children[0])))

    def null(self, children: list[Child]) -> Node:
        return Literal(_start(children[0]), _stop(children[0]), None)

    def name(self, children: list[Child]) -> Node:
        axis, *rest = [str(one) for one in children if one != "."]
        quoted = axis.startswith('"')
        attribute = _unquoted(rest[0]) if rest else None
        return Name(_start(children[0]), _stop(children[-1]), _unquoted(axis), attribute, quoted)

    def brackets(self, children: list[Child]) -> Node:
        (node,) = _nodes(children)
        return replace(node, start=_start(children[0]), stop=_stop(children[-1]))

    def items(self, children: list[Child]) -> tuple[Node, ...]:
        return _nodes(children)

    def chain(self, children: list[Child]) -> Node:
        return _term(children, _words(children)[0], _nodes(children))

    def infix(self, children: list[Child]) -> Node:
        return _term(children, _words(children)[0], _nodes(children))

    def prefix(self, children: list[Child]) -> Node:
        word, (operand,) = _words(children)[0], _nodes(children)
        if word != "NOT" and isinstance(operand, Literal) and isinstance(operand.value, int | float):
            value = -operand.value if word == "-" else operand.value
            return Literal(_start(children[0]), _stop(children[-1]), value)
        return _term(children, word if word == "NOT" else f"{word}x", (operand,))

    def membership(self, children: list[Child]) -> Node:
        items = next(one for one in children if isinstance(one, tuple))
        return _unless_not(children, "IN", (*_nodes(children), *items))

    def between(self, children: list[Child]) -> Node:
        return _unless_not(children, "BETWEEN", _nodes(children))

    def like(self, children: list[Child]) -> Node:
        return _unless_not(children, _words(children)[-1], _nodes(children))

    def is_null(self, children: list[Child]) -> Node:
        return _unless_not(children, "IS NULL", _nodes(children))

    def call(self, children: list[Child]) -> Node:
        items = next((one for one in children if isinstance(one, tuple)), ())
        return _term(children, str(children[0]).upper() + "()", items)

    def cast(self, children: list[Child]) -> Node:
        operator = str(children[0]).upper() + "() AS"
        start, stop = _start(children[0]), _stop(children[-1])
        return Term(start, stop, operator, _nodes(children), str(children[-2]))

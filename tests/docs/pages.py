"""The pages of documentation, and the blocks that they show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cohort_membership

REPOSITORY = Path(__file__).parents[2]
PACKAGE = Path(cohort_membership.__file__).parent
MAIN = REPOSITORY / "README.md"
API = PACKAGE / "API.md"
COMMAND_LINE = PACKAGE / "cli" / "README.md"
RULES = PACKAGE / "rules" / "README.md"
EXPERIMENT = PACKAGE / "load" / "experiment" / "README.md"
WORKER = PACKAGE / "load" / "results" / "README.md"
NOTEBOOK = PACKAGE / "notebook" / "README.md"
DAGSTER = PACKAGE / "dagster" / "README.md"
PAGES = (MAIN, *sorted(PACKAGE.rglob("*.md")), REPOSITORY / "tests" / "benchmarks" / "README.md")

_FENCED = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what else stands behind the fence, and its text."""

    page: Path
    line: int
    language: str
    said: str
    text: str

    def __str__(self) -> str:
        return f"{name(self.page)}:{self.line}"


def name(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


def blocks(page: Path, *languages: str) -> Iterator[Block]:
    """The page's blocks in these languages."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCED.finditer(text):
        language, _, said = found[1].partition(" ")
        if language in languages:
            yield Block(page, text[: found.start()].count("\n") + 1, language, said, found[2])


def all_blocks(*languages: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page, *languages)]

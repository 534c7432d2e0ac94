"""The cases on disk: found, laid out in a folder of their own, and put under the conditions they name.

`cases/README.md` tells the format.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    folder: Path
    content: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def cohort_id(self) -> str:
        return str(self.content["cohort_id"])

    def lay_out(self, root: Path) -> Path:
        """A data root of the case, with its setup done."""
        if self.content.get("catalogs") == "shared":
            shutil.copytree(CASES / "catalogs", root, dirs_exist_ok=True)
        if (self.folder / "data").exists():
            shutil.copytree(self.folder / "data", root, dirs_exist_ok=True)
        for step in self.content.get("setup", ()):
            ((action, argument),) = step.items()
            _set_up(root, action, *([argument] if isinstance(argument, str) else argument))
        return root


def cases(kind: str) -> list[Case]:
    return [
        Case(path.parent, json.loads(path.read_text(encoding="utf-8")))
        for path in sorted((CASES / kind).glob("*/case.json"))
    ]


def contents(root: Path) -> dict[str, bytes | str]:
    """Every file under a folder with its bytes; of links and of what is no file, what it is.

    Files of many megabytes, which a setup makes sparse, stand for themselves by their size.
    """
    found: dict[str, bytes | str] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        elif not path.is_file():
            found[name] = "no file"
        elif path.stat().st_size > 1 << 24:
            found[name] = f"{path.stat().st_size} bytes"
        else:
            found[name] = path.read_bytes()
    return found


def _set_up(root: Path, action: str, name: str, *arguments: Any) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    match action:
        case "mkdir":
            path.mkdir(parents=True, exist_ok=True)
        case "remove":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        case "symlink":
            path.symlink_to(arguments[0])
        case "fifo":
            os.mkfifo(path)
        case "sparse":
            with path.open("wb") as file:
                file.truncate(arguments[0])
        case "bytes_hex":
            with path.open("ab") as file:
                file.write(bytes.fromhex(arguments[0]))
        case "repeat":
            with path.open("a", encoding="utf-8") as text:
                text.write(arguments[0] * arguments[1])
        case _:
            raise AssertionError(f"unknown setup {action!r}")

"""Streams that say they are a terminal of some width."""

import io
import sys

import pytest


class TerminalText(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True

    def taken(self) -> str:
        """What was written since the last look."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


def terminal_as(monkeypatch: pytest.MonkeyPatch, name: str, columns: int | str = 100) -> TerminalText:
    """A terminal as stdout or stderr. Called in the test itself: pytest puts its own back after fixtures."""
    text = TerminalText()
    monkeypatch.setattr(sys, name, text)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    return text

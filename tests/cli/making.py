"""The command in this process: what a user types, and what comes back."""

import sys
from dataclasses import dataclass

import pytest

from counterpoise.cli.main import main


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


class Terminal:
    """Runs commands; nobody sits at it."""

    def __init__(self, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> None:
        self._patch = patch
        self._captured = captured

    def __call__(self, *arguments: str) -> Done:
        self._patch.setattr(sys, "argv", ["counterpoise", *arguments])
        self._captured.readouterr()
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = self._captured.readouterr()
        return Done(code, said.out, said.err)

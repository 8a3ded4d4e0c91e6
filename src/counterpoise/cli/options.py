"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Output(StrEnum):
    """How data is written to stdout."""

    TABLE = "table"
    JSON = "json"


class Faults(StrEnum):
    """How badly the paper venue behaves."""

    NONE = "none"
    MILD = "mild"
    WILD = "wild"


class FillAt(StrEnum):
    """At which price a decision fills."""

    NEXT = "next"
    SAME = "same"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to write the result.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Comma-separated values with a head line.")]
DataDirOption = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder of the journal, its key and the paper venue.", show_default=False),
]
AccountOption = Annotated[
    str | None, typer.Option("--account", help="Which account, when there are several.", show_default=False)
]
PortOption = Annotated[
    int, typer.Option("--port", help="Port of 127.0.0.1; 0 takes any that is free.", min=0, max=65535)
]

"""Journals that were written once and must fold to the same digest for ever.

`python -m tests.portfolio.archive` adds one.

An archive is made when a schema changes, never rewritten: old bytes must go on meaning what they meant. Beside it
stands its digest under each version of the state's shape; a new shape adds a digest and leaves the others.
"""

import asyncio
import gzip
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from counterpoise.cli.main import app
from counterpoise.domain.numbers import exact
from counterpoise.ledger.codec import decode
from counterpoise.portfolio.fold import Book
from counterpoise.portfolio.state import STATE_VERSION
from counterpoise.wiring import reading_parts, settings_of

FOLDER = Path(__file__).parents[1] / "golden" / "journals"
DAYS = 130


@dataclass(frozen=True, slots=True)
class Archive:
    """One archived journal and what its facts make."""

    name: str
    lines: tuple[bytes, ...]
    digest: str


def archives() -> tuple[Archive, ...]:
    """Every archive there is."""
    found = []
    for path in sorted(FOLDER.glob("*.jsonl.gz")):
        lines = tuple(gzip.decompress(path.read_bytes()).splitlines())
        said = json.loads(path.with_name(path.name.replace(".jsonl.gz", ".digest.json")).read_text(encoding="utf-8"))
        found.append(Archive(path.name, lines, said["digests"][f"v{STATE_VERSION}"]))
    return tuple(found)


def digest_of(lines: tuple[bytes, ...]) -> str:
    """What the facts in `lines` make."""
    first = decode(lines[0])
    book = Book.open(first.account)
    for line in lines:
        book.apply(decode(line))
    return book.digest()


async def _lines(folder: Path) -> tuple[bytes, ...]:
    parts = reading_parts(settings_of(folder))
    lines = tuple([entry.raw async for entry in parts.journal.read("demo")])
    await parts.journal.close()
    return lines


def main() -> None:
    """Archive the first days of the demo, with faults, under today's schemas."""
    with tempfile.TemporaryDirectory() as name:
        arguments = ["demo", "--headless", "--days", str(DAYS), "--faults", "wild", "--data-dir", name]
        app(arguments, standalone_mode=False)
        with exact():
            lines = asyncio.run(_lines(Path(name)))
            digest = digest_of(lines)
    target = FOLDER / f"demo-{STATE_VERSION}.jsonl.gz"
    if target.exists() and "--replace" not in sys.argv:
        sys.exit(f"{target.name} is there; archives are kept, not rewritten")
    target.write_bytes(gzip.compress(b"\n".join(lines) + b"\n", mtime=0))
    said = json.dumps({"digests": {f"v{STATE_VERSION}": digest}, "entries": len(lines)}, indent=1)
    target.with_name(f"demo-{STATE_VERSION}.digest.json").write_text(said + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

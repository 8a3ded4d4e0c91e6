"""How many entries a second do both verifiers prove, beside the bare hash over the same bytes?

A demo's journal is made once and read by every side in turn, several rounds, in one process:

- seals: the chain's keyed BLAKE2b over each entry's bytes, which are in memory; the least that a proof can do.
- HMAC-SHA256: the other hash that was considered, over the same bytes, chained in the same way.
- verifier.py: the exported file from the disk, with its anchors.
- audit: the entries of the database as `counterpoise verify` reads and checks them: seals, columns, identities.
- verify: the whole of it: audit, fold of every fact, equity proof, digest.
- export: what writes the file.

The time is the processor's, of all threads of the process: it wobbles less on a machine that others use too, and no
side waits for anything but a disk whose pages are in memory.
"""

from __future__ import annotations

import asyncio
import hmac
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from counterpoise import verifier
from counterpoise.domain.numbers import exact
from counterpoise.ledger.audit import Auditor
from counterpoise.ledger.chain import genesis, seal
from counterpoise.ledger.journal import Anchor
from counterpoise.library.reading import verify_folder, write_entries
from counterpoise.settings import Settings
from counterpoise.wiring import Parts, reading_parts

ACCOUNT = "demo"
DAYS = 1_000
ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Made:
    """One journal, in the database and in a file."""

    folder: Path
    file: Path
    parts: Parts
    raws: tuple[bytes, ...]
    anchors: tuple[Anchor, ...]

    @property
    def key(self) -> bytes:
        """Of its seals."""
        return self.parts.journal.key


def demo(data: Path) -> None:
    """Make a demo's journal in `data`."""
    arguments = ["demo", "--headless", "--days", str(DAYS), "--data-dir", str(data)]
    subprocess.run([sys.executable, "-m", "counterpoise", *arguments], capture_output=True, check=True)  # noqa: S603 - our own command


async def made(data: Path, file: Path) -> Made:
    """The journal in `data`, written to `file` too."""
    parts = reading_parts(Settings(data_dir=data))
    with file.open("wb") as out:
        await write_entries(parts.journal, ACCOUNT, out.write)
    raws = tuple([entry.raw async for entry in parts.journal.read(ACCOUNT)])
    return Made(folder=data, file=file, parts=parts, raws=raws, anchors=await parts.journal.anchors())


async def seals(one: Made) -> None:
    """The bare chain."""
    previous = genesis(ACCOUNT)
    for raw in one.raws:
        previous = seal(one.key, previous, raw)


async def hmacs(one: Made) -> None:
    """The same with HMAC-SHA256."""
    previous = genesis(ACCOUNT)
    for raw in one.raws:
        previous = hmac.digest(one.key, previous + raw, "sha256")


async def small(one: Made) -> None:
    """The small verifier."""
    anchors = [verifier.Anchor(anchor.account, anchor.sequence, anchor.seal) for anchor in one.anchors]
    with one.file.open("rb") as file:
        report = verifier.verify(file, one.key, anchors)
    assert report.proved == len(one.raws)
    assert report.notes == ()


async def audit(one: Made) -> None:
    """The audit without the fold."""
    auditor = Auditor(one.key, ACCOUNT, one.anchors)
    async for entry in one.parts.journal.read(ACCOUNT):
        auditor.check(entry)
    assert auditor.finish().ok


async def whole(one: Made) -> None:
    """All that `counterpoise verify` does."""
    (report,) = await verify_folder(Settings(data_dir=one.folder))
    assert report.ok


async def export(one: Made) -> None:
    """Entries into a file."""
    with one.file.with_suffix(".again").open("wb") as out:
        assert await write_entries(one.parts.journal, ACCOUNT, out.write) == len(one.raws)


SIDES: dict[str, Callable[[Made], Awaitable[None]]] = {
    "seals": seals,
    "HMAC-SHA256": hmacs,
    "verifier.py": small,
    "audit": audit,
    "verify": whole,
    "export": export,
}


async def in_turn(data: Path, file: Path) -> tuple[Made, dict[str, list[float]]]:
    """What was read, and how many seconds each side took in each round."""
    one = await made(data, file)
    seconds: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(ROUNDS):
        for side, run in SIDES.items():
            began = time.process_time()
            await run(one)
            seconds[side].append(time.process_time() - began)
    await one.parts.journal.close()
    return one, seconds


def main() -> None:
    """Run every side in turn and print the table."""
    with tempfile.TemporaryDirectory() as name:
        demo(Path(name) / "data")
        one, seconds = asyncio.run(in_turn(Path(name) / "data", Path(name) / "journal.txt"))
    count, size = len(one.raws), sum(map(len, one.raws))
    print(f"{platform.machine()} Python {platform.python_version()}, {ROUNDS} rounds, processor time")
    print(f"{count:,} entries of a demo, {size / 1e6:.1f} MB, {size / count:,.0f} bytes each")
    least = statistics.median(seconds["seals"])
    for side, took in seconds.items():
        middle = statistics.median(took)
        spread = f"({count / max(took):,.0f} … {count / min(took):,.0f})"
        rate = f"{count / middle:>10,.0f} entries/s {size / middle / 1e6:>7.1f} MB/s"
        print(f"  {side:<12}{rate}  {middle / least:>6.1f} times the seals  {spread}")


if __name__ == "__main__":
    with exact():
        main()

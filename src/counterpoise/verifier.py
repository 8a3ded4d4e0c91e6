"""Is an exported journal what was written? Proved with nothing but its bytes, its key and its anchors.

    python verifier.py JOURNAL --key KEY [--anchors ANCHORS] [--account NAME] [--json]

One file of the standard library (Python 3.8 or later) that may be copied anywhere: it shares no code with the
program that wrote the journal, hence none of its mistakes. The format is in docs/journal-format.md.

Exit code: 0 the journal is whole, 1 it is not, 2 something else that was given cannot be used.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterable, Iterator
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from hashlib import blake2b
from typing import BinaryIO, NamedTuple, NoReturn

FORMAT = "counterpoise-journal-1"
SEAL_SIZE = 32
KEY_SIZE_MIN = 32
KEY_SIZE_MAX = 64
LINE_MAX = 2**26
"""Bytes; a longer line is no entry, and is never whole in memory."""

WHOLE, NOT_WHOLE, USAGE = 0, 1, 2
TEXTS = (
    "account", "actor", "causation_id", "correlation_id", "fact_id", "kind", "occurred_at", "recorded_at", "source",
)  # fmt: skip
NUMBERS = ("epoch", "schema", "sequence")
_UNITS = ("Fill", "OpeningPosition", "PositionAdjusted")
_MONEY = (
    "OpeningBalance", "Deposit", "Withdrawal", "TransferSent", "TransferReceived",
    "Fee", "Funding", "Interest", "Dividend", "Adjustment",
)  # fmt: skip
MOVED = {
    **dict.fromkeys(_UNITS, ("quantity",)),
    **dict.fromkeys(_MONEY, ("amount",)),
    "AdjustmentReversed": ("amount", "quantity"),  # one of the two is 0
}
"""Kind → the fields of its body whose sum is divided among strategies."""

_EXACT = Context(prec=1_000, traps=[Inexact, InvalidOperation])  # a sum that would be rounded is an error


class Anchor(NamedTuple):
    """The seal of one entry, noted where the journal is not."""

    account: str
    sequence: int
    seal: bytes


class Report(NamedTuple):
    """What was proved or found.

    Attributes:
        account: Whose journal the file says it is, or nothing when it does not say.
        proved: How many entries, counted from the first, are what was written.
        first_bad: Sequence of the first entry that is changed or missing; None when none is.
        problems: One sentence each; empty when the journal is whole.
        notes: What could not be proved, and is no fault.
        last_anchored: The highest sequence whose seal an anchor confirms, 0 for none.
    """

    account: str
    ok: bool
    proved: int
    first_bad: int | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    last_anchored: int


class Head(NamedTuple):
    """What the first line says: whose journal it is, and where that ended when it was written out."""

    account: str
    last: int


class NotWhole(Exception):
    """The first thing that is wrong; `entry` when it is an entry, changed or missing."""

    def __init__(self, problem: str, entry: int | None = None) -> None:
        super().__init__(problem if entry is None else f"entry {entry}: {problem}")
        self.entry = entry


class Unusable(Exception):
    """A key, a file of anchors or a journal's file that is none."""


class Chain:
    """The entries of one account that were proved so far.

    Args:
        key: Of the seals.
        account: Whose journal it is.
        anchors: Of any account; only this one's count.
    """

    def __init__(self, key: bytes, account: str, anchors: Iterable[Anchor] = ()) -> None:
        self._keyed = blake2b(digest_size=SEAL_SIZE, key=key, person=b"counterpoise-1")
        self._anchors = sorted({(a.sequence, a.seal) for a in anchors if a.account == account})
        self._next_anchor = 0
        self._fact_ids: set[str] = set()
        self._epoch = 0
        self.account = account
        self.sequence = 0
        self.seal = blake2b(account.encode(), digest_size=SEAL_SIZE, person=b"counterpoise-0").digest()
        self.last_anchored = 0

    def follow(self, line: bytes) -> None:
        """Prove the next entry.

        Raises:
            NotWhole: it is not what was written, or another one should stand here.
        """
        entry = self.sequence + 1
        said, raw = line[: 2 * SEAL_SIZE + 1], line[2 * SEAL_SIZE + 1 : -1]
        keyed = self._keyed.copy()
        keyed.update(self.seal)
        keyed.update(raw)
        # The text of the seal is compared, not its value: it has one form, so no byte of the line is free.
        if said != keyed.hexdigest().encode() + b" " or line[-1:] != b"\n":
            raise NotWhole(f"its seal does not fit its bytes and {self._before}{_hint(raw, entry)}", entry)
        problem = self._said(raw, entry)
        if problem:
            raise NotWhole(problem, entry)
        self.seal = keyed.digest()
        self._anchor(entry)
        self.sequence = entry

    def end(self) -> None:
        """After the last entry.

        Raises:
            NotWhole: an anchor knows of more.
        """
        highest = self._anchors[-1][0] if self._anchors else 0
        if highest > self.sequence:
            raise NotWhole(f"it is missing: an anchor confirms entries up to {highest}", self.sequence + 1)

    @property
    def _before(self) -> str:
        return "the entry before" if self.sequence else "the account's name; or this is the key of another journal"

    def _anchor(self, entry: int) -> None:
        # Who has the key can seal everything anew so that it fits itself; it does not fit what was noted before.
        while self._next_anchor < len(self._anchors) and self._anchors[self._next_anchor][0] == entry:
            if self._anchors[self._next_anchor][1] != self.seal:
                raise NotWhole("its anchor has another seal", entry)
            self.last_anchored = entry
            self._next_anchor += 1

    def _said(self, raw: bytes, entry: int) -> str:
        """What is wrong with what the entry's bytes say, or nothing; only its writer can have made it so."""
        fact = canonical(raw)
        if fact is None:
            return "its bytes are no canonical JSON object"
        texts = {name: text for name in TEXTS if isinstance(text := fact.get(name), str)}
        numbers = {name: number for name in NUMBERS if type(number := fact.get(name)) is int}
        absent = [name for name in (*TEXTS, *NUMBERS) if name not in texts and name not in numbers]
        wrong = ""
        if absent:
            wrong = f"it does not say its {absent[0]}"
        elif texts["account"] != self.account:
            wrong = f"it belongs to account {_shown(texts['account'])}"
        elif numbers["sequence"] != entry:
            wrong = f"it says that it is entry {numbers['sequence']}"
        elif texts["fact_id"] in self._fact_ids:
            wrong = f"the fact {_shown(texts['fact_id'])} stands twice"
        elif numbers["epoch"] < self._epoch:
            wrong = f"its epoch {numbers['epoch']} follows epoch {self._epoch}"
        else:
            self._epoch = numbers["epoch"]
            self._fact_ids.add(texts["fact_id"])
            wrong = _unequal_shares(fact)
        return wrong


def verify(file: BinaryIO, key: bytes, anchors: Iterable[Anchor] = (), account: str = "") -> Report:
    """Read a whole export once, a line at a time, and stop at the first thing that is wrong.

    Args:
        file: As `counterpoise export journal` writes it.
        key: 32 to 64 bytes, what is in `journal.key`.
        anchors: Of any account.
        account: Whose journal it has to be; any when empty.
    """
    lines = _lines(file)
    chain = Chain(key, "")
    found = None
    try:
        head = _head(next(lines, b""), account)
        chain = Chain(key, head.account, anchors)
        _follow(lines, chain, head.last)
    except NotWhole as error:
        found = error
    is_anchored = chain.sequence == chain.last_anchored
    return Report(
        account=chain.account,
        ok=found is None,
        proved=chain.sequence,
        first_bad=found.entry if found else None,
        problems=(str(found),) if found else (),
        notes=() if found or is_anchored else (f"tail after sequence {chain.last_anchored} not anchored",),
        last_anchored=chain.last_anchored,
    )


def canonical(raw: bytes) -> dict[str, object] | None:
    """The object whose one form `raw` is: sorted keys, each once, no spaces, whole numbers only; else None."""
    try:
        value = _VALUE_OF(raw.decode())
        same = _TEXT_OF(value).encode() == raw
    except (ValueError, RecursionError):  # of JSON, of UTF-8, of a lone surrogate
        return None
    return value if same and isinstance(value, dict) else None


def read_key(path: str) -> bytes:
    """The key in a file.

    Raises:
        Unusable: absent, unreadable, or no 32 to 64 bytes.
    """
    key = _read(path, KEY_SIZE_MAX + 1)
    if not KEY_SIZE_MIN <= len(key) <= KEY_SIZE_MAX:
        raise Unusable(f"{path} is no journal key: it has not {KEY_SIZE_MIN} to {KEY_SIZE_MAX} bytes")
    return key


def read_anchors(path: str) -> list[Anchor]:
    """The anchors in a file: `anchors.log` itself, or what `counterpoise export anchors` wrote.

    Raises:
        Unusable: the file cannot be read, or a line is no anchor.
    """
    # What follows the last line's end was never finished, so it was never promised either.
    complete = _read(path).rpartition(b"\n")[0]
    return [_anchor_in(line, number, path) for number, line in enumerate(complete.split(b"\n"), 1) if complete]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(description="Prove that an exported journal is what was written.")
    parser.add_argument("journal", metavar="JOURNAL", help="what `counterpoise export journal` wrote")
    parser.add_argument("--key", required=True, help="the file journal.key")
    parser.add_argument("--anchors", help="what `counterpoise export anchors` wrote, or anchors.log")
    parser.add_argument("--account", default="", help="whose journal it has to be")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    try:
        key = read_key(given.key)
        anchors = read_anchors(given.anchors) if given.anchors else []
        with open(given.journal, "rb") as file:  # noqa: PTH123 - as io.BytesIO: bytes are all that is asked of it
            report = verify(file, key, anchors, given.account)
    except Unusable as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{given.journal} cannot be read ({error.strerror})")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    if given.json:
        print(json.dumps(report._asdict(), indent=2))
    else:
        print(f"{_shown(report.account) or given.journal}: {'ok' if report.ok else 'NOT OK'}, ", end="")
        print(f"{report.proved:,} {'entry' if report.proved == 1 else 'entries'} proved")
        for line in (*report.problems, *report.notes):
            print(f"  {line}")
    return WHOLE if report.ok else NOT_WHOLE


# ── the lines ────────────────────────────────────────────────────────────────────────────────────────────


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Each line with its end; a part of one that is too long for an entry."""
    return iter(lambda: file.readline(LINE_MAX), b"")


def _head(line: bytes, account: str) -> Head:
    """The first line; of `account` unless that is empty."""
    said = _object(line) or {}
    name, last = said.get("account"), said.get("last")
    if sorted(said) != ["account", "format", "last"] or not isinstance(name, str) or type(last) is not int:
        raise NotWhole("its first line is not that of an exported journal")
    if said["format"] != FORMAT:
        raise NotWhole(f"its format is {_shown(said['format'])}, not {FORMAT}")
    if account and name != account:
        raise NotWhole(f"it is the journal of account {_shown(name)}, not of {_shown(account)}")
    return Head(name, last)


def _follow(lines: Iterator[bytes], chain: Chain, last: int) -> None:
    """Prove every line after the first."""
    for line in lines:
        if line[:1] == b"{":
            chain.end()
            _last(line, chain, last)
            if next(lines, b""):
                raise NotWhole("something follows its last line")
            return
        chain.follow(line)
    chain.end()
    if chain.sequence < last:
        raise NotWhole("it is missing: the file ends before its last line", chain.sequence + 1)
    raise NotWhole("the file ends before its last line")


def _last(line: bytes, chain: Chain, last: int) -> None:
    """Hold what the first and the last line say against the entries."""
    said = _object(line) or {}
    entries = said.get("entries")
    if sorted(said) != ["entries", "seal"] or type(entries) is not int:
        missing = chain.sequence + 1 if chain.sequence < last else None
        raise NotWhole("a last line stands here that is not that of an exported journal", missing)
    if max(entries, last) > chain.sequence:
        raise NotWhole(f"it is missing: the file says that there are {max(entries, last)}", chain.sequence + 1)
    if min(entries, last) < chain.sequence:
        raise NotWhole(f"there are {chain.sequence} entries, but the file says {min(entries, last)}")
    if said["seal"] != chain.seal.hex():
        raise NotWhole("its last line has another seal than its last entry")


def _object(line: bytes) -> dict[str, object] | None:
    return canonical(line[:-1]) if line[-1:] == b"\n" else None


def _anchor_in(line: bytes, number: int, path: str) -> Anchor:
    try:
        said = json.loads(line)
        account, sequence, seal = said["account"], said["sequence"], bytes.fromhex(said["seal"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f"line {number} of {path} is no anchor") from error
    if type(account) is not str or type(sequence) is not int or sequence < 1 or len(seal) != SEAL_SIZE:
        raise Unusable(f"line {number} of {path} is no anchor")
    return Anchor(account, sequence, seal)


# ── small parts ──────────────────────────────────────────────────────────────────────────────────────────


def _unequal_shares(fact: dict[str, object]) -> str:
    """Whether the parts of strategies sum to what the fact moves, exactly; a fact without parts says nothing."""
    shares, body = fact.get("strategy_shares"), fact.get("body")
    fields = MOVED.get(str(fact["kind"]))
    if shares is None or fields is None:
        return ""
    try:
        whole = total = Decimal(0)
        for field in fields:
            whole = _EXACT.add(whole, Decimal(_text(body, field)))
        for share in shares if isinstance(shares, list) else _refuse("shares"):
            total = _EXACT.add(total, Decimal(_text(share, "amount")))
    except (ValueError, DecimalException):
        return "its strategy shares cannot be read"
    return "" if total == whole else f"its strategy shares sum to {total}, not to its {fields[-1]} {whole}"


def _text(value: object, field: str) -> str:
    found = value.get(field) if isinstance(value, dict) else None
    return found if isinstance(found, str) else _refuse(field)


def _refuse(what: str) -> NoReturn:
    raise ValueError(what)


def _hint(raw: bytes, entry: int) -> str:
    """Which entry the bytes say they are, when that is another one."""
    fact = canonical(raw)
    said = fact.get("sequence") if fact else None
    return f"; its bytes say that it is entry {said}" if type(said) is int and said != entry else ""


def _shown(value: object) -> str:
    """Text that was read from a file, without characters that a terminal would obey."""
    text = str(value)
    return text if text.isprintable() else ascii(text)


def _read(path: str, size: int = -1) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as in `main`
            return file.read(size)
    except OSError as error:
        raise Unusable(f"{path} cannot be read ({error.strerror})") from error


def _fail(problem: str) -> int:
    print(f"error: {problem}", file=sys.stderr)
    return USAGE


_VALUE_OF = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).decode
_TEXT_OF = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode

if __name__ == "__main__":
    sys.exit(main())

"""What can somebody do to a journal who owns the database or the exported file, but not the key?

An attack changes the thing in place and says nothing of what it did: the first entry that is not what was written is
found by comparing with what was there before.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

from counterpoise.ledger import export
from counterpoise.ledger.chain import genesis, seal
from counterpoise.ledger.journal import Entry

COLUMNS = ", ".join(Entry._fields)
REPEATED = tuple(name for name in Entry._fields if name not in {"account", "sequence", "raw", "seal"})


def flipped(raw: bytes, chance: Random) -> bytes:
    """One bit differs."""
    changed = bytearray(raw)
    changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def replaced(raw: bytes, chance: Random) -> bytes:
    """One byte differs."""
    place = chance.randrange(len(raw))
    return raw[:place] + bytes([(raw[place] + chance.randint(1, 255)) % 256]) + raw[place + 1 :]


def digit(raw: bytes, chance: Random) -> bytes:
    """One figure differs, as of a price."""
    place = chance.choice([at for at, byte in enumerate(raw) if chr(byte).isdigit()])
    return raw[:place] + str((raw[place] - 48 + chance.randint(1, 9)) % 10).encode() + raw[place + 1 :]


def shortened(raw: bytes, chance: Random) -> bytes:
    return raw[: chance.randrange(len(raw))]


def lengthened(raw: bytes, chance: Random) -> bytes:
    place = chance.randint(0, len(raw))
    return raw[:place] + chance.randbytes(chance.randint(1, 3)) + raw[place:]


def renamed(raw: bytes, chance: Random) -> bytes:
    """Still a fact in canonical form, but of somebody else."""
    said = json.loads(raw)
    said["actor"] = f"{said['actor']}{chance.randint(0, 9)}"
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def renumbered(raw: bytes, sequence: int) -> bytes:
    """The same fact with another sequence."""
    said = {**json.loads(raw), "sequence": sequence}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


EDITS: Mapping[str, Callable[[bytes, Random], bytes]] = {
    "a bit": flipped,
    "a byte": replaced,
    "a digit": digit,
    "bytes less": shortened,
    "bytes more": lengthened,
    "another actor": renamed,
}


def guessed_seal(chance: Random, previous: bytes, raw: bytes) -> bytes:
    """What somebody without the key can put there: any key but the right one, or none."""
    unkeyed = blake2b(previous + raw, digest_size=32, person=b"counterpoise-1").digest()
    keys = (bytes(32), bytes(range(64)), chance.randbytes(32), genesis("demo"))
    return chance.choice([unkeyed, previous, chance.randbytes(32), *(seal(key, previous, raw) for key in keys)])


# ── on the database ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one account in a table that its owner has freed of keys, checks and triggers."""

    database: sqlite3.Connection
    account: str
    entries: tuple[Entry, ...]
    others: tuple[Entry, ...]
    chance: Random

    def sql(self, statement: str, *values: object) -> None:
        self.database.execute(statement, values)

    def set(self, at: int, **columns: object) -> None:
        """Change columns of the row with sequence `at`."""
        named = ", ".join(f"{name} = ?" for name in columns)
        self.sql(f"UPDATE entries SET {named} WHERE account = ? AND sequence = ?", *columns.values(), self.account, at)

    def add(self, entry: Entry) -> None:
        """Put a row in."""
        self.sql(f"INSERT INTO entries ({COLUMNS}) VALUES ({', '.join('?' * len(entry))})", *entry)

    def shift(self, above: int, by: int) -> None:
        """Renumber every row after `above`."""
        self.sql(
            "UPDATE entries SET sequence = sequence + ? WHERE account = ? AND sequence > ?", by, self.account, above
        )

    def delete(self, first: int, last: int) -> None:
        self.sql("DELETE FROM entries WHERE account = ? AND sequence BETWEEN ? AND ?", self.account, first, last)

    def any(self) -> Entry:
        return self.chance.choice(self.entries)

    def reseal(self, first: int, raws: Mapping[int, bytes], one_key: bytes | None = None) -> None:
        """Seal from `first` to the end, with bytes replaced, without the right key."""
        previous = self.entries[first - 2].seal if first > 1 else genesis(self.account)
        for entry in self.entries[first - 1 :]:
            raw = raws.get(entry.sequence, entry.raw)
            previous = seal(one_key, previous, raw) if one_key else guessed_seal(self.chance, previous, raw)
            self.set(entry.sequence, raw=raw, seal=previous)


def edit(how: Callable[[bytes, Random], bytes]) -> Callable[[Rows], None]:
    def attack(rows: Rows) -> None:
        entry = rows.any()
        rows.set(entry.sequence, raw=how(entry.raw, rows.chance))

    return attack


def edit_of_another_type(rows: Rows) -> None:
    entry = rows.any()
    rows.set(entry.sequence, raw=rows.chance.choice([entry.raw.decode(), None, 7, ""]))


def edit_with_its_columns(rows: Rows) -> None:
    entry = rows.any()
    raw = renamed(entry.raw, rows.chance)
    rows.set(entry.sequence, raw=raw, actor=json.loads(raw)["actor"])


def edit_of_the_seal(rows: Rows) -> None:
    entry, chance = rows.any(), rows.chance
    changed = [how(entry.seal, chance) for how in (flipped, replaced, shortened, lengthened)]
    rows.set(entry.sequence, seal=chance.choice([*changed, entry.seal.hex(), None, b"", chance.randbytes(32)]))


def edit_of_bytes_and_seal(rows: Rows) -> None:
    entry = rows.any()
    raw = renamed(entry.raw, rows.chance)
    previous = rows.entries[entry.sequence - 2].seal if entry.sequence > 1 else genesis(rows.account)
    rows.set(entry.sequence, raw=raw, seal=guessed_seal(rows.chance, previous, raw))


def edit_of_a_column(rows: Rows) -> None:
    entry, name = rows.any(), rows.chance.choice(REPEATED)
    kept = getattr(entry, name)
    changed = [None, "", "x", b"x", 10**9, *([kept + 1, -kept] if isinstance(kept, int) else [f"{kept} "])]
    rows.set(entry.sequence, **{name: rows.chance.choice(changed)})


def another_account(rows: Rows) -> None:
    rows.set(rows.any().sequence, account=rows.chance.choice([rows.others[0].account, "nobody", rows.account.upper()]))


def another_sequence(rows: Rows) -> None:
    entry = rows.any()
    far = len(rows.entries) + rows.chance.randint(1, 10)
    rows.set(entry.sequence, sequence=rows.chance.choice([0, -1, far, None, "x", b"1", entry.sequence + 0.5]))


def insert_a_copy(rows: Rows) -> None:
    place = rows.any().sequence
    rows.shift(place - 1, 1)
    rows.add(rows.any()._replace(sequence=place, fact_id="new"))


def insert_a_forgery(rows: Rows) -> None:
    place, like = rows.any().sequence, rows.any()
    raw = renumbered(renamed(like.raw, rows.chance), place)
    previous = rows.entries[place - 2].seal if place > 1 else genesis(rows.account)
    forged = like._replace(sequence=place, actor=json.loads(raw)["actor"], raw=raw)
    rows.shift(place - 1, 1)
    for entry in rows.entries[place - 1 :]:
        rows.set(entry.sequence + 1, raw=renumbered(entry.raw, entry.sequence + 1))
    rows.add(forged._replace(seal=guessed_seal(rows.chance, previous, raw)))


def insert_at_the_end(rows: Rows) -> None:
    like, end = rows.any(), len(rows.entries)
    raw = renumbered(like.raw, end + 1)
    rows.add(like._replace(sequence=end + 1, raw=raw, seal=guessed_seal(rows.chance, rows.entries[-1].seal, raw)))


def insert_below_the_first(rows: Rows) -> None:
    rows.add(rows.any()._replace(sequence=-rows.chance.randint(0, 5)))


def insert_a_double(rows: Rows) -> None:
    rows.add(rows.any())


def insert_of_another_account(rows: Rows) -> None:
    place = rows.any().sequence
    rows.shift(place - 1, 1)
    rows.add(rows.chance.choice(rows.others)._replace(account=rows.account, sequence=place))


def delete_one(rows: Rows) -> None:
    place = rows.any().sequence
    rows.delete(place, place)


def delete_one_and_renumber(rows: Rows) -> None:
    place = rows.any().sequence
    rows.delete(place, place)
    rows.shift(place, -1)


def delete_several(rows: Rows) -> None:
    first, last = sorted((rows.any().sequence, rows.any().sequence))
    rows.delete(first, last)


def cut(rows: Rows) -> None:
    """From any entry to the end; the last anchor confirms the last entry."""
    rows.delete(rows.any().sequence, len(rows.entries))


def swap(rows: Rows) -> None:
    a, b = rows.chance.sample(range(1, len(rows.entries) + 1), 2)
    rows.set(a, sequence=-1)
    rows.set(b, sequence=a)
    rows.set(-1, sequence=b)


def swap_what_they_hold(rows: Rows) -> None:
    a, b = rows.chance.sample(rows.entries, 2)
    rows.set(a.sequence, raw=renumbered(b.raw, a.sequence))
    rows.set(b.sequence, raw=renumbered(a.raw, b.sequence))


def swap_seals(rows: Rows) -> None:
    a, b = rows.chance.sample(rows.entries, 2)
    rows.set(a.sequence, seal=b.seal)
    rows.set(b.sequence, seal=a.seal)


def move(rows: Rows) -> None:
    a, b = sorted(rows.chance.sample(range(1, len(rows.entries) + 1), 2))
    rows.set(b, sequence=-1)
    rows.sql(
        "UPDATE entries SET sequence = sequence + 1 WHERE account = ? AND sequence BETWEEN ? AND ?",
        rows.account, a, b - 1,
    )  # fmt: skip
    rows.set(-1, sequence=a)


def reverse(rows: Rows) -> None:
    a, b = sorted(rows.chance.sample(range(1, len(rows.entries) + 1), 2))
    rows.sql(
        "UPDATE entries SET sequence = ? - sequence WHERE account = ? AND sequence BETWEEN ? AND ?",
        a + b, rows.account, a, b,
    )  # fmt: skip


def rechain(rows: Rows) -> None:
    entry = rows.any()
    rows.reseal(entry.sequence, {entry.sequence: renamed(entry.raw, rows.chance)}, rows.chance.randbytes(32))


def rechain_by_guesses(rows: Rows) -> None:
    entry = rows.any()
    rows.reseal(entry.sequence, {entry.sequence: digit(entry.raw, rows.chance)})


def rechain_all(rows: Rows) -> None:
    rows.reseal(1, {}, rows.chance.choice([bytes(32), rows.chance.randbytes(64)]))


def the_other_account_instead(rows: Rows) -> None:
    rows.delete(1, len(rows.entries))
    rows.sql("UPDATE entries SET account = ? WHERE account = ?", rows.account, rows.others[0].account)


ON_ROWS: Mapping[str, Callable[[Rows], None]] = {
    **{f"edit: {name}": edit(how) for name, how in EDITS.items()},
    "edit: bytes of another type": edit_of_another_type,
    "edit: bytes and column alike": edit_with_its_columns,
    "edit: the seal": edit_of_the_seal,
    "edit: bytes and seal": edit_of_bytes_and_seal,
    "edit: a column": edit_of_a_column,
    "edit: the account": another_account,
    "edit: the sequence": another_sequence,
    "insert: a copy": insert_a_copy,
    "insert: a forgery, all renumbered": insert_a_forgery,
    "insert: at the end": insert_at_the_end,
    "insert: below the first": insert_below_the_first,
    "insert: a row twice": insert_a_double,
    "insert: of another account": insert_of_another_account,
    "delete: one": delete_one,
    "delete: one, the rest renumbered": delete_one_and_renumber,
    "delete: several": delete_several,
    "cut: the tail": cut,
    "reorder: two swapped": swap,
    "reorder: what two hold": swap_what_they_hold,
    "reorder: two seals": swap_seals,
    "reorder: one moved": move,
    "reorder: a part reversed": reverse,
    "re-chain: with another key": rechain,
    "re-chain: by guesses": rechain_by_guesses,
    "re-chain: everything": rechain_all,
    "replace: by another account": the_other_account_instead,
}


# ── on the exported file ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of an exported file, and those of another account's."""

    lines: tuple[bytes, ...]
    other: tuple[bytes, ...]
    chance: Random

    @property
    def count(self) -> int:
        """Entries between the first line and the last."""
        return len(self.lines) - 2

    def any(self) -> int:
        """The place of an entry."""
        return self.chance.randint(1, self.count)

    def made_anew(self, entries: list[bytes]) -> bytes:
        """A file of these entry lines whose first and last line fit them."""
        account = json.loads(self.lines[0])["account"]
        last = bytes.fromhex(entries[-1][:64].decode()) if entries else genesis(account)
        first = export.first_line(account, len(entries))
        return b"".join([first, *entries, export.last_line(len(entries), last)])

    def with_line(self, place: int, line: bytes) -> bytes:
        return b"".join([*self.lines[:place], line, *self.lines[place + 1 :]])

    def resealed(self, first: int, key: bytes) -> bytes:
        """From `first` on, that one edited, with another key and a last line that fits."""
        entries = [*self.lines[1:-1]]
        previous = bytes.fromhex(entries[first - 2][:64].decode()) if first > 1 else genesis("demo")
        for place in range(first - 1, len(entries)):
            raw = entries[place][65:-1]
            raw = renamed(raw, self.chance) if place == first - 1 else raw
            previous = seal(key, previous, raw)
            entries[place] = previous.hex().encode() + b" " + raw + b"\n"
        return self.made_anew(entries)


def anywhere(how: Callable[[bytes, Random], bytes]) -> Callable[[Lines], bytes]:
    def attack(file: Lines) -> bytes:
        return how(b"".join(file.lines), file.chance)

    return attack


def in_an_entry(how: Callable[[bytes, Random], bytes]) -> Callable[[Lines], bytes]:
    def attack(file: Lines) -> bytes:
        place = file.any()
        line = file.lines[place]
        return file.with_line(place, line[:65] + how(line[65:-1], file.chance) + b"\n")

    return attack


def in_a_seal(file: Lines) -> bytes:
    place = file.any()
    line = file.lines[place]
    changed = [how(line[:64], file.chance) for how in (flipped, replaced, digit, shortened)]
    return file.with_line(place, file.chance.choice([*changed, line[:64].upper(), b"0" * 64]) + line[64:])


def in_a_line_end(file: Lines) -> bytes:
    place = file.chance.randrange(len(file.lines))
    end = file.chance.choice([b"", b"\r\n", b"\n\n", b" \n", b"\0\n", b"\r"])
    return file.with_line(place, file.lines[place][:-1] + end)


def in_the_first_line(file: Lines) -> bytes:
    said = json.loads(file.lines[0])
    said[file.chance.choice(["account", "format", "last"])] = file.chance.choice(["x", 1, None, file.count + 1, "1"])
    return file.with_line(0, json.dumps(said, separators=(",", ":")).encode() + b"\n")


def in_the_last_line(file: Lines) -> bytes:
    said = json.loads(file.lines[-1])
    said[file.chance.choice(["entries", "seal"])] = file.chance.choice(["x", 1, None, file.count + 1, "0" * 64])
    return file.with_line(len(file.lines) - 1, json.dumps(said, separators=(",", ":")).encode() + b"\n")


def line_twice(file: Lines) -> bytes:
    place = file.chance.randrange(len(file.lines))
    return file.with_line(place, 2 * file.lines[place])


def line_elsewhere(file: Lines) -> bytes:
    lines = [*file.lines]
    lines.insert(file.any(), lines[file.any()])
    return b"".join(lines)


def line_of_another_account(file: Lines) -> bytes:
    place = file.any()
    return file.with_line(place, file.chance.choice(file.other[1:-1]) + file.lines[place])


def forged_line(file: Lines) -> bytes:
    entries, place = [*file.lines[1:-1]], file.any()
    previous = bytes.fromhex(entries[place - 2][:64].decode()) if place > 1 else genesis("demo")
    raw = renumbered(renamed(entries[place - 1][65:-1], file.chance), place)
    entries.insert(place - 1, guessed_seal(file.chance, previous, raw).hex().encode() + b" " + raw + b"\n")
    return file.made_anew(entries)


def forged_line_at_the_end(file: Lines) -> bytes:
    entries = [*file.lines[1:-1]]
    raw = renumbered(entries[file.any() - 1][65:-1], len(entries) + 1)
    guess = guessed_seal(file.chance, bytes.fromhex(entries[-1][:64].decode()), raw)
    return file.made_anew([*entries, guess.hex().encode() + b" " + raw + b"\n"])


def line_deleted(file: Lines) -> bytes:
    return file.with_line(file.chance.randrange(len(file.lines)), b"")


def line_deleted_and_renumbered(file: Lines) -> bytes:
    place, entries = file.any(), []
    for number, line in enumerate([*file.lines[1:place], *file.lines[place + 1 : -1]], 1):
        raw = line[65:-1] if number < place else renumbered(line[65:-1], number)
        entries.append(line[:65] + raw + b"\n")
    return file.made_anew(entries)


def lines_cut(file: Lines) -> bytes:
    """The end of the file is gone, at the end of a line."""
    return b"".join(file.lines[: file.chance.randrange(len(file.lines))])


def bytes_cut(file: Lines) -> bytes:
    return shortened(b"".join(file.lines), file.chance)


def cut_and_made_anew(file: Lines) -> bytes:
    """The tail is gone and nothing in the file says so; only the anchor knows."""
    return file.made_anew([*file.lines[1 : file.any()]])


def lines_swapped(file: Lines) -> bytes:
    lines = [*file.lines]
    a, b = file.chance.sample(range(1, len(lines) - 1), 2)
    lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def lines_shuffled(file: Lines) -> bytes:
    lines = [*file.lines[1:-1]]
    file.chance.shuffle(lines)
    return b"".join([file.lines[0], *lines, file.lines[-1]])


def seals_swapped(file: Lines) -> bytes:
    lines = [*file.lines]
    a, b = file.chance.sample(range(1, len(lines) - 1), 2)
    lines[a], lines[b] = lines[b][:65] + lines[a][65:], lines[a][:65] + lines[b][65:]
    return b"".join(lines)


def file_rechained(file: Lines) -> bytes:
    return file.resealed(file.any(), file.chance.choice([bytes(32), file.chance.randbytes(32)]))


def file_rechained_from_the_first(file: Lines) -> bytes:
    return file.resealed(1, file.chance.randbytes(64))


def relabelled(file: Lines) -> bytes:
    """Another account's whole journal under this one's name."""
    return b"".join(
        [file.lines[0].replace(str(file.count).encode(), str(len(file.other) - 2).encode()), *file.other[1:]]
    )


ON_LINES: Mapping[str, Callable[[Lines], bytes]] = {
    "edit: a bit anywhere": anywhere(flipped),
    "edit: a byte anywhere": anywhere(replaced),
    "edit: bytes more anywhere": anywhere(lengthened),
    **{f"edit: {name}": in_an_entry(how) for name, how in EDITS.items()},
    "edit: a seal": in_a_seal,
    "edit: a line's end": in_a_line_end,
    "edit: the first line": in_the_first_line,
    "edit: the last line": in_the_last_line,
    "insert: a line twice": line_twice,
    "insert: a line elsewhere": line_elsewhere,
    "insert: of another account": line_of_another_account,
    "insert: a forgery": forged_line,
    "insert: a forgery at the end": forged_line_at_the_end,
    "delete: one line": line_deleted,
    "delete: one, the rest renumbered": line_deleted_and_renumbered,
    "cut: at a line": lines_cut,
    "cut: anywhere": bytes_cut,
    "cut: the last line made anew": cut_and_made_anew,
    "reorder: two swapped": lines_swapped,
    "reorder: shuffled": lines_shuffled,
    "reorder: two seals": seals_swapped,
    "re-chain: from an entry": file_rechained,
    "re-chain: everything": file_rechained_from_the_first,
    "replace: by another account": relabelled,
}

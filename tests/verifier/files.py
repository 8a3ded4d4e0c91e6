"""Which exported files do the tests of the verifier read?"""

import io
from collections.abc import Iterable, Sequence

from counterpoise import verifier
from counterpoise.ledger import export
from counterpoise.ledger.chain import genesis
from counterpoise.ledger.journal import TWIN_KEY, Anchor, Entry
from counterpoise.verifier import Report


def exported(entries: Sequence[Entry], account: str = "main") -> bytes:
    """The file of a whole journal."""
    seal = entries[-1].seal if entries else genesis(account)
    last = entries[-1].sequence if entries else 0
    lines = [export.entry_line(entry) for entry in entries]
    return b"".join([export.first_line(account, last), *lines, export.last_line(len(entries), seal)])


def proved(file: bytes, anchors: Iterable[Anchor] = (), key: bytes = TWIN_KEY, account: str = "") -> Report:
    """What the small verifier says of a file."""
    noted = [verifier.Anchor(anchor.account, anchor.sequence, anchor.seal) for anchor in anchors]
    return verifier.verify(io.BytesIO(file), key, noted, account)

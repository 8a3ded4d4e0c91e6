"""Can anybody have changed an entry? Each carries a keyed hash over the one before it and its own bytes.

Keyed BLAKE2b (RFC 7693) of 256 bits. Who lacks the key can neither edit an entry nor extend the chain
unseen; who has key and database can reseal all of it, which anchors kept elsewhere reveal.
"""

from __future__ import annotations

from hashlib import blake2b

SEAL_SIZE = 32
KEY_SIZE_MIN = 32
KEY_SIZE_MAX = 64
_ENTRY = b"counterpoise-1"  # separates these hashes from any other use of the same key
_GENESIS = b"counterpoise-0"


def genesis(account: str) -> bytes:
    """What stands before the first entry: 32 bytes that differ by account, so that no chain fits another account."""
    return blake2b(account.encode("utf-8"), digest_size=SEAL_SIZE, person=_GENESIS).digest()


def seal(key: bytes, previous: bytes, raw: bytes) -> bytes:
    """The seal of the entry with bytes `raw` after the entry sealed `previous`: 32 bytes.

    `previous` has a fixed length, so where it ends and `raw` begins cannot be shifted.
    """
    return blake2b(previous + raw, digest_size=SEAL_SIZE, key=key, person=_ENTRY).digest()


def fits(key: bytes, previous: bytes, raw: object, sealed_as: object) -> bool:
    """Whether `sealed_as` is the seal of `raw` after `previous`; in a forged row either may be of any type."""
    return type(raw) is bytes and seal(key, previous, raw) == sealed_as

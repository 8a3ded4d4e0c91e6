"""Does a seal depend on the key, on everything before it and on every byte?"""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from counterpoise.ledger.chain import SEAL_SIZE, genesis, seal

KEY = bytes(32)
PREVIOUS = genesis("main")


def test_a_seal_is_keyed_blake2b_over_the_seal_before_and_the_bytes() -> None:
    expected = hashlib.blake2b(PREVIOUS + b"fact", key=KEY, digest_size=32, person=b"counterpoise-1").digest()
    assert hmac.compare_digest(seal(KEY, PREVIOUS, b"fact"), expected)
    assert len(expected) == SEAL_SIZE


def test_accounts_begin_differently() -> None:
    assert genesis("main") == genesis("main") != genesis("maim")
    assert len(genesis("")) == SEAL_SIZE


@given(raw=st.binary(min_size=1, max_size=64), place=st.integers(0, 511))
def test_any_bit_of_key_previous_seal_or_bytes_changes_the_seal(raw: bytes, place: int) -> None:
    sealed = seal(KEY, PREVIOUS, raw)
    assert seal(flip(KEY, place), PREVIOUS, raw) != sealed
    assert seal(KEY, flip(PREVIOUS, place), raw) != sealed
    assert seal(KEY, PREVIOUS, flip(raw, place)) != sealed


def flip(value: bytes, place: int) -> bytes:
    """`value` with one bit changed."""
    at, bit = divmod(place % (len(value) * 8), 8)
    return value[:at] + bytes([value[at] ^ (1 << bit)]) + value[at + 1 :]

"""Which fact is in bytes whose seal has just been checked? The quick reader of what this product itself wrote.

`ledger.codec` proves that bytes are canonical before it makes a fact of them. Whoever holds the key has done that
when the bytes were written, and the seal says that they are the same bytes; so here C reads them by the types of the
fields alone (decision 0018). What this reader does not take (an older schema, say) is for the codec to read or refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import datetime
from functools import cache
from typing import Any, get_type_hints

import msgspec

from counterpoise.domain.errors import CounterpoiseError
from counterpoise.domain.facts import BODIES, SCHEMAS, Fact
from counterpoise.ledger.journal import Entry

Decode = Callable[[bytes], Any]
_TIMES = 2 * len("2010-01-04T21:00:00.000000Z")


def read(entry: Entry) -> Fact | None:
    """The fact of an entry whose columns repeat its bytes, equal to what `codec.decode` makes of them.

    None where they do not, or where only the codec can tell.
    """
    try:
        found = _envelope()(entry.raw)
        occurred, recorded = found.occurred_at, found.recorded_at
        said = (
            found.account, found.sequence, found.epoch, found.fact_id, found.kind, found.schema, occurred, recorded,
            found.source, found.actor, found.correlation_id, found.causation_id, found.instrument,
        )  # fmt: skip
        if said != entry[:13] or SCHEMAS.get(found.kind) != found.schema or len(occurred) + len(recorded) != _TIMES:
            return None
        at = datetime.fromisoformat(occurred)
        return Fact(
            account=found.account,
            sequence=found.sequence,
            epoch=found.epoch,
            fact_id=found.fact_id,
            kind=found.kind,
            schema=found.schema,
            occurred_at=at,
            recorded_at=at if recorded == occurred else datetime.fromisoformat(recorded),
            source=found.source,
            actor=found.actor,
            correlation_id=found.correlation_id,
            causation_id=found.causation_id,
            instrument=found.instrument,
            strategy_shares=found.strategy_shares,
            body=_body(found.kind)(found.body),
        )
    except (msgspec.MsgspecError, CounterpoiseError, ValueError, TypeError):
        return None


@cache
def _envelope() -> Decode:
    """Reads a fact whose body stays bytes, because its class depends on the kind."""
    hints = get_type_hints(Fact)
    hints |= {"body": msgspec.Raw, "occurred_at": str, "recorded_at": str}
    items: list[Any] = [
        (item.name, hints[item.name]) if item.default is MISSING else (item.name, hints[item.name], item.default)
        for item in fields(Fact)
    ]
    shape = msgspec.defstruct("Envelope", items, kw_only=True, forbid_unknown_fields=True, gc=False)
    return msgspec.json.Decoder(shape).decode


@cache
def _body(kind: str) -> Decode:
    return msgspec.json.Decoder(BODIES[kind]).decode

"""How does a command that is over in a moment reconcile the account of a data folder?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from counterpoise import wiring
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import ConfigurationError
from counterpoise.library.plane import Counterpoise
from counterpoise.library.reading import chosen_account
from counterpoise.settings import Settings


@asynccontextmanager
async def reconciled_folder(settings: Settings, account: AccountId | None) -> AsyncIterator[Counterpoise]:
    """Own the folder and run its account on the paper venue for the block; no day begins and no plan is made.

    Raises:
        DataFolderInUse: another process owns it, and reconciles it by itself.
        ConfigurationError: no journal, no such account, one without a venue, or a replay's folder, whose venue
            lives at its own pace.
    """
    name, terms = await chosen_account(settings, account)
    if not terms.trades:
        raise ConfigurationError(f"account {name} has no venue that it could be held against")
    if wiring.is_replay(settings):
        raise ConfigurationError(
            f"{settings.data_dir} holds a replay, which compares itself with its venue at every start; "
            "reconcile the folder of `counterpoise serve`"
        )
    parts = wiring.live_parts(settings, "reconcile", terms.base_currency)
    try:
        async with Counterpoise.run(parts, name) as plane:
            yield plane
    finally:
        await parts.close()

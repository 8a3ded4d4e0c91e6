"""How does a Python program bring a history into an account?"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from counterpoise import wiring
from counterpoise.domain.accounts import AccountId
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.history import History
from counterpoise.domain.numbers import exact
from counterpoise.domain.time import day_start
from counterpoise.library.opening import Opening
from counterpoise.library.statements import (
    ImportReport,
    Progress,
    Rehearsal,
    book_rehearsed,
    open_in_folder,
    rehearse_history,
)

E = TypeVar("E", bound=StrEnum)


async def open_statement_account(data_dir: Path | str, opening: Opening, *, since: date | None = None) -> bool:
    """Open an account that only tells what happened elsewhere; False when it is there already.

    Args:
        data_dir: Made when it is not there.
        opening: From `Opening.statement`; its name is the account's.
        since: The day at whose beginning the opening cash was there; today when it is None.

    Raises:
        ConfigurationError: the folder cannot be used, or the account is there on other terms.
    """
    with exact():
        at = None if since is None else day_start(since, opening.terms.time_zone)
        return await open_in_folder(wiring.settings_of(Path(data_dir)), opening.name, opening, at)


async def preview_history(
    data_dir: Path | str,
    file: Path | str,
    *,
    account: AccountId | None = None,
    form: str = "auto",
    numbers: str | None = None,
    time_zone: str | None = None,
    fees: str | None = None,
) -> Rehearsal:
    """What an import of the file would book; nothing is booked. The arguments are those of `import_history`.

    Raises:
        BrokenHistory: with every row that is wrong.
        InvalidInput: the file as a whole cannot be read, or an argument is none.
        ConfigurationError: no such account.
    """
    with exact():
        history = _read(file, form, numbers, time_zone, fees)
        return await rehearse_history(wiring.settings_of(Path(data_dir)), account, history)


async def import_history(
    data_dir: Path | str,
    file: Path | str,
    *,
    account: AccountId | None = None,
    form: str = "auto",
    numbers: str | None = None,
    time_zone: str | None = None,
    fees: str | None = None,
    progress: Progress = lambda _: None,
) -> ImportReport:
    """Book a file of fills and cash events; what is booked already is passed over.

    Args:
        data_dir: Where the account is; no other process may own it.
        file: CSV or JSON.
        account: Which, when there are several.
        form: `auto`, `alpaca`, `binance` or `generic`.
        numbers: `us` (1,234.56) or `br` (1.234,56 and dd/mm/yyyy); None lets the file prove it.
        time_zone: IANA zone of times that name none.
        fees: Sign of commissions that were paid in a file of Binance, `positive` or `negative`; None lets it prove it.
        progress: Told how many more entries are booked.

    Raises:
        BrokenHistory: with every row that is wrong; nothing was booked.
        InvalidInput: the file as a whole cannot be read, or an argument is none.
        ConfigurationError: no such account, or another process owns the folder.
    """
    with exact():
        settings = wiring.settings_of(Path(data_dir))
        rehearsal = await rehearse_history(settings, account, _read(file, form, numbers, time_zone, fees))
        return await book_rehearsed(settings, rehearsal, progress)


def _read(file: Path | str, form: str, numbers: str | None, time_zone: str | None, fees: str | None) -> History:
    terms = wiring.ReadingTerms(
        form=_one_of(wiring.HistoryForm, form, "form"),
        numbers=None if numbers is None else _one_of(wiring.NumberStyle, numbers, "numbers"),
        time_zone=time_zone,
        fees=None if fees is None else _one_of(wiring.FeeSign, fees, "fees"),
    )
    return wiring.read_history(Path(file), terms)


def _one_of(kind: type[E], word: str, field: str) -> E:
    try:
        return kind(word)
    except ValueError as error:
        raise InvalidInput(field, word, f"one of {', '.join(kind)}") from error

"""`counterpoise verify`: is every account what its sealed bytes say?"""

from __future__ import annotations

import asyncio
import json

import typer

from counterpoise.cli.options import AccountOption, DataDirOption, Output, OutputOption
from counterpoise.domain.numbers import exact, shortest
from counterpoise.library.reading import verify_folder
from counterpoise.wiring import settings_of


def verify_journal(
    output: OutputOption = Output.TABLE, data_dir: DataDirOption = None, account: AccountOption = None
) -> None:
    """Build every account from its bytes and prove chain, sequence, zero sum, equity and digest."""
    with exact():
        reports = asyncio.run(verify_folder(settings_of(data_dir), account))
        found = [
            {
                "account": report.account,
                "ok": report.ok,
                "entries": report.entries,
                "first_bad": report.first_bad,
                "problems": list(report.problems),
                "notes": list(report.notes),
                "equity_proof_residual": shortest(report.residual),
                "replay_digest": report.replay_digest,
                "checked_digest": report.checked_digest,
            }
            for report in reports
        ]
    if output is Output.JSON:
        print(json.dumps(found, indent=2))
    else:
        for row in found:
            print(f"{row['account']}: {'ok' if row['ok'] else 'NOT OK'}, {row['entries']:,} entries")
            print(f"  digest {row['replay_digest']}")
            for line in (*row["problems"], *row["notes"]):  # type: ignore[misc]
                print(f"  {line}")
    if not all(report.ok for report in reports):
        raise typer.Exit(1)

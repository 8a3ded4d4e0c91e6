"""What the service sends, as files that the dashboard's tests decode; `python -m tests.service.golden` writes them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from counterpoise.domain.accounts import Actor, Scope
from counterpoise.domain.numbers import exact
from counterpoise.library.screen import Range
from counterpoise.messages.wire import to_json
from counterpoise.service.accounts import AccountList
from counterpoise.service.feed import Picture
from counterpoise.service.problems import Code, FieldError, Problem
from counterpoise.service.sign_in import SessionAnswer, SignedIn
from tests.service.making import WALL, FakeReplay, Wall, demo_account, desk_of, live_account

FOLDER = Path(__file__).parents[1] / "golden" / "web"
DAYS = 106
"""On the last of them two of the bot's orders still work."""

OWNER = Actor(name="owner", scope=Scope.ADMIN, fresh=True)


async def files() -> dict[str, object]:
    """Name of a file → what is in it; the part before the first dot names its schema."""
    return {**await _of_demo(), **await _of_live(), **_of_sessions()}


async def _of_demo() -> dict[str, object]:
    wall = Wall()
    found: dict[str, object] = {}
    async with demo_account(DAYS, wall) as plane:
        screen = plane.screen
        picture = Picture(desk_of(plane, wall), "boot")
        picture.refresh()
        found["Overview.demo"] = to_json(screen.overview(picture.cursor))
        found["SnapshotMessage.demo"] = to_json(screen.snapshot())
        found["PnLMessage.demo"] = to_json(screen.pnl())
        found["ExposureMessage.demo"] = to_json(screen.exposure())
        found["DrawdownMessage.demo"] = to_json(screen.drawdown())
        found["EquityHistory.all"] = to_json(screen.equity_history(Range.ALL))
        found["EquityHistory.month"] = to_json(screen.equity_history(Range.MONTH))
        found["AccountList.one"] = to_json(AccountList(items=(screen.account(),), next_cursor=None))
        found["Replay.running"] = to_json(FakeReplay().seen())
        found["FeedMessage.snapshot"] = json.loads(picture.snapshot("demo"))
        found["FeedMessage.heartbeat"] = json.loads(picture.heartbeat())
        seen = picture.version
        await plane.halt("bad fills", OWNER)
        await plane.settle()
        picture.refresh()
        found["FeedMessage.change"] = json.loads(picture.change("demo", seen))
        found["Overview.halted"] = to_json(screen.overview(picture.cursor))
        found["KillSwitch.halted"] = to_json(screen.kill_switch())
    return found


async def _of_live() -> dict[str, object]:
    wall = Wall()
    found: dict[str, object] = {}
    async with live_account(wall) as plane:
        found["Overview.empty"] = to_json(plane.screen.overview("boot.1"))
        found["EquityHistory.empty"] = to_json(plane.screen.equity_history(Range.DAY))
    return found


def _of_sessions() -> dict[str, object]:
    refused = Problem(
        Code.INVALID_INPUT, "/state: one of ACTIVE.", (FieldError(pointer="/state", detail="one of ACTIVE"),)
    )
    nobody = SessionAnswer(
        signed_in=False, name=None, fresh_until=None, csrf_token=None, reads_open=True, version="0.1.0"
    )
    return {
        "SessionAnswer.nobody": to_json(nobody),
        "SignedIn.owner": to_json(SignedIn(name="owner", fresh_until=WALL, csrf_token="csrf")),
        "ProblemDocument.fields": json.loads(refused.body("trace")),
        "ProblemDocument.plain": json.loads(Problem(Code.SIGN_IN_NEEDED).body("trace")),
    }


def text_of(value: object) -> str:
    """A file's text."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every file anew."""
    with exact():
        made = asyncio.run(files())
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, value in made.items():
        (FOLDER / f"{name}.json").write_text(text_of(value), encoding="utf-8")


if __name__ == "__main__":
    main()

"""How many reads of a snapshot with 50 positions does the service answer a second, beside what others do?

Every side is a process of its own on uvicorn with the same settings (uvloop, httptools, no access log, no date and
server headers) and answers `GET /api/portfolio/snapshot` with the same bytes: those that our service said first.
Each peer's answer is compared with them before anything is timed; in ours, ages and prices then go on.
All servers share one core and wrk has another, with the same number of connections that are kept open. They run in
turn, several rounds, so that what slows the machine down slows all of them down.

- raw ASGI: a function that sends the bytes with their type and length; the least that uvicorn can do.
- ours, cookie and token: `service.server.serving` on an account of a data folder that bought its 50 positions on the
  paper venue. Every request passes the protocol's bound of its head and the checks of host, origin and size, and
  proves who is asking with a session's cookie or the owner's token; every answer carries its ETag and the security
  headers. No other side does any of that. The bytes are made once per change of the account, and anew each second,
  because they say how old the prices are.
- ours, prices: the cookie again while a feed sends a price 20 times a second, after each of which the bytes are made
  anew; the work on the prices themselves is in its figures too.
- ours, 304: a client that sends the last ETag it got, as a browser does; some answers are 200 since the tag changes
  once a second. It sends no body, so it is beside the others only to be seen.
- FastAPI + pydantic: a route that returns a model with Decimal fields, which FastAPI writes as JSON at each request.
  The model is made once: one that a real service fills from its book each time costs more.
- FastAPI, bytes: a route that returns a Response of the bytes.

The time of the processor is that of the server's process and its part of the kernel's work on the sockets; it stands
beside the rate because it wobbles less on a machine that others use too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from email.message import Message
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Response
from pydantic import BaseModel

from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.service.run import run_in_loop
from counterpoise.service.server import listen, serving

PATH = "/api/portfolio/snapshot"
POSITIONS = 50
PRICES_A_SECOND = 20
CONNECTIONS = 32
SECONDS = 1
"""Of a side in a round: the shorter, the more alike are the conditions in which the sides of a round ran."""

OF_RAW_MIN = 0.5
OF_FASTAPI_MIN = 3.0
SYMBOLS = tuple(f"S{number:02}" for number in range(POSITIONS))

REVALIDATE = """
local tag, fresh, same = "none", 0, 0
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(arguments) whole, unchanged = 0, 0 end
function request() return wrk.format("GET", nil, {["If-None-Match"] = tag, ["Cookie"] = "COOKIE"}) end
function response(status, headers)
  tag = headers["etag"] or headers["ETag"]
  if status == 304 then unchanged = unchanged + 1 else whole = whole + 1 end
end
function done()
  for _, thread in ipairs(threads) do fresh, same = fresh + thread:get("whole"), same + thread:get("unchanged") end
  io.write(string.format("share of 304: %.4f\\n", same / (fresh + same)))
end
"""
"""What wrk runs for the 304s: it repeats the tag of the last answer, and counts which were which."""


# ── the servers, each in a process of its own ────────────────────────────────────────────────────────────


def ready(**said: str) -> None:
    """Tell the parent that connections are taken from now on."""
    print(json.dumps(said), flush=True)


def serve_bare(app: Callable[..., Any]) -> None:
    """Run a peer with the settings of our own server."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
    )
    listener = listen(0)
    ready(address=f"http://127.0.0.1:{listener.getsockname()[1]}")
    run_in_loop(uvicorn.Server(config).serve(sockets=[listener]))


def raw(payload: bytes) -> None:
    """Bytes without a framework."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(payload)).encode())]

    async def app(scope: object, receive: object, send: Callable[[object], Coroutine[Any, Any, None]]) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": payload})

    serve_bare(app)


def fastapi_bytes(payload: bytes) -> None:
    """The bytes from a route."""
    app = FastAPI()

    @app.get(PATH)
    async def snapshot() -> Response:
        return Response(payload, media_type="application/json")

    serve_bare(app)


class Quality(BaseModel):
    """How sure a figure is."""

    quality: str
    low: Decimal | None
    high: Decimal | None


class Position(BaseModel):
    """One position."""

    symbol: str
    side: str
    size: Decimal
    entry_price: Decimal
    current_price: Decimal | None
    unrealized_pnl: Decimal
    unrealized_pnl_pct: Decimal | None
    exposure: Decimal
    leverage: Decimal
    category: str
    sector: str
    opened_at: datetime | None
    trade_id: str
    strategy_shares: dict[str, Decimal]
    mark_age_seconds: Decimal | None
    quality: str


class Snapshot(BaseModel):
    """The book."""

    account: str
    sequence: int
    as_of: datetime
    total_equity: Decimal
    cash_balance: Decimal
    total_exposure: Decimal
    num_positions: int
    positions: list[Position]
    unrealized_pnl: Decimal
    realized_pnl_today: Decimal
    daily_pnl: Decimal
    daily_drawdown_pct: Decimal | None
    quality: dict[str, Quality]
    timestamp: datetime


def fastapi_pydantic(payload: bytes) -> None:
    """A model from a route."""
    app = FastAPI()
    book = Snapshot.model_validate_json(payload)

    @app.get(PATH)
    async def snapshot() -> Snapshot:
        return book

    serve_bare(app)


async def ours(folder: Path) -> None:
    """The real service on an account that bought its positions: buy, serve, and end as a served account does."""
    opening = Opening.paper("main", cash=Decimal(1_000_000), symbols=SYMBOLS)
    listener = listen(0)
    with listener:
        async with Counterpoise.open(folder, opening, command="bench") as plane:
            await plane.tick({symbol: Decimal(10_000 + 137 * n).scaleb(-2) for n, symbol in enumerate(SYMBOLS)})
            share = Decimal("0.95") / POSITIONS
            targets = tuple(Target(symbol=symbol, weight=share) for symbol in SYMBOLS)
            await plane.set_targets("allocation", targets, SizingPolicy())
            await plane.rebalance("allocation", "first")
            await plane.settle()
            await plane.tick({symbol: Decimal(10_050 + 137 * n).scaleb(-2) for n, symbol in enumerate(SYMBOLS)})
            stop = asyncio.Event()
            plane.on_failure(stop.set)
            async with serving(plane, listener, stop, reads_open=False) as served:
                token = plane.parts.owner_token()
                ready(address=served.address, token=token, code=served.link.partition("#code=")[2])
                await stop.wait()
            plane.raise_failure()


# ── the measurement ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A process that serves."""

    address: str
    pid: int
    said: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Side:
    """One row of the table.

    Attributes:
        headers: Of every request.
        script: Of wrk, when the requests differ.
        feed: Sends a price, when prices come in meanwhile.
        rates: Requests a second, one figure a round.
        costs: Microseconds of the server's processor a request, one figure a round.
        notes: What the script or the feed counted in each round.
    """

    server: Server
    headers: Mapping[str, str] = field(default_factory=dict)
    script: Path | None = None
    feed: Callable[[], None] | None = None
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    notes: list[float] = field(default_factory=list)


def pinned(core: int) -> Callable[[], None] | None:
    """Keep a new process on one core, where there are several and they can be chosen."""
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        return None
    wanted = sorted(os.sched_getaffinity(0))[core]
    return lambda: os.sched_setaffinity(0, {wanted})


@contextmanager
def started(kind: str, *arguments: str) -> Iterator[Server]:
    """One server, until the block ends."""
    command = [sys.executable, "-m", "bench.snapshot_read", "--serve", kind, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(0)) as process:  # noqa: S603, PLW1509 - ourselves; no threads yet
        assert process.stdout is not None, "asked for"
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"the server {kind!r} did not start; its stderr says why")
        said = json.loads(line)
        try:
            yield Server(address=said["address"], pid=process.pid, said=said)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def sent(server: Server, path: str, headers: Mapping[str, str], body: object = None) -> tuple[bytes, Message]:
    """The body and the headers of one answer, which must be a good one."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - a server of ours
        server.address + path, data, {"content-type": "application/json", **headers}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        return answer.read(), answer.headers


def feed(server: Server, bearer: Mapping[str, str]) -> Callable[[], None]:
    """Sends one price of one position at each call."""
    turns = cycle(range(POSITIONS))
    steps = cycle(range(17))

    def send() -> None:
        number = next(turns)
        price = Decimal(10_040 + 137 * number + next(steps)).scaleb(-2)
        tick = {"type": "market.tick", "symbol": SYMBOLS[number], "price": str(price)}
        sent(server, "/api/v1/accounts/main/events", bearer, tick)

    return send


def processor_seconds(pid: int) -> float:
    """What a process has used; nothing where /proc does not say."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    used = stat.read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def load(wrk: str, side: Side) -> None:
    """One round of one side."""
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    for name, value in side.headers.items():
        command += ["-H", f"{name}: {value}"]
    if side.script:
        command += ["-s", str(side.script)]
    before, begun, prices = processor_seconds(side.server.pid), time.perf_counter(), 0
    command.append(side.server.address + PATH)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(1)) as process:  # noqa: S603, PLW1509 - wrk; no threads
        while side.feed and process.poll() is None:
            side.feed()
            prices += 1
            time.sleep(max(0.0, begun + prices / PRICES_A_SECOND - time.perf_counter()))
        printed, _ = process.communicate()
    used = processor_seconds(side.server.pid) - before
    if process.returncode or "Non-2xx" in printed or "Socket errors" in printed:
        raise SystemExit(f"not every request was answered:\n{printed}")
    side.rates.append(figure(r"Requests/sec:\s+([\d.]+)", printed))
    side.costs.append(used / figure(r"(\d+) requests in", printed) * 1e6)
    if side.script:
        side.notes.append(figure(r"share of 304: ([\d.]+)", printed))
    if side.feed:
        side.notes.append(prices / SECONDS)


def figure(pattern: str, text: str) -> float:
    """The number that wrk printed."""
    found = re.search(pattern, text)
    if not found:
        raise SystemExit(f"wrk printed no {pattern!r}:\n{text}")
    return float(found.group(1))


RAW = "raw ASGI, bytes"
COOKIE = "ours, cookie"
TOKEN = "ours, token"  # noqa: S105 - a name
PRICES = "ours, cookie, prices"
UNCHANGED = "ours, cookie, 304"
PYDANTIC = "FastAPI + pydantic"
PLAIN = "FastAPI, bytes"


def sides(stack: ExitStack, folder: Path) -> tuple[dict[str, Side], int]:
    """Everybody who takes part, each with an answer that was compared; and the bytes of the answer."""
    server = stack.enter_context(started("ours", str(folder / "data")))
    _, signed_in = sent(server, "/api/v1/sessions", {}, {"code": server.said["code"]})
    cookie = signed_in["set-cookie"].partition(";")[0]
    bearer = {"Authorization": f"Bearer {server.said['token']}"}
    payload, _ = sent(server, PATH, {"Cookie": cookie})
    count = len(json.loads(payload)["positions"])
    if count != POSITIONS:
        raise SystemExit(f"the account has {count} positions and not {POSITIONS}")
    (folder / "payload.json").write_bytes(payload)
    (folder / "revalidate.lua").write_text(REVALIDATE.replace("COOKIE", cookie))
    peers = {
        name: stack.enter_context(started(kind, str(folder / "payload.json")))
        for name, kind in ((RAW, "raw"), (PYDANTIC, "pydantic"), (PLAIN, "bytes"))
    }
    for name, peer in peers.items():
        if sent(peer, PATH, {})[0] != payload:
            raise SystemExit(f"{name} answers with other bytes than ours: this is not the same work")
    return {
        RAW: Side(server=peers[RAW]),
        COOKIE: Side(server=server, headers={"Cookie": cookie}),
        TOKEN: Side(server=server, headers=bearer),
        PRICES: Side(server=server, headers={"Cookie": cookie}, feed=feed(server, bearer)),
        UNCHANGED: Side(server=server, script=folder / "revalidate.lua"),
        PYDANTIC: Side(server=peers[PYDANTIC]),
        PLAIN: Side(server=peers[PLAIN]),
    }, len(payload)


def show(found: Mapping[str, Side]) -> None:
    """One line a side; ratios are to raw ASGI."""
    base = statistics.median(found[RAW].rates)
    for name, side in found.items():
        middle = statistics.median(side.rates)
        spread = f"({min(side.rates):,.0f} – {max(side.rates):,.0f})"
        cost = f"{statistics.median(side.costs):6.1f} µs of processor a request"
        print(f"  {name:<22}{middle:>9,.0f}/s   ratio {middle / base:5.2f}   {spread:<19} {cost}")


def verdicts(found: Mapping[str, Side]) -> Iterator[str]:
    """Whether each aim holds; ratios are medians of those of each round, so that no slow round stands alone."""
    for name in (COOKIE, TOKEN):
        for peer, aim in ((RAW, OF_RAW_MIN), (PYDANTIC, OF_FASTAPI_MIN)):
            ratio = paired(found[name].rates, found[peer].rates)
            by_processor = statistics.median(found[peer].costs) / (statistics.median(found[name].costs) or 1)
            verdict = held(ratio >= aim)
            yield f"{name}: {ratio:.2f} × {peer} (aim {aim:g} ×): {verdict}; {by_processor:.2f} × by processor"
    yield f"{PRICES}: {statistics.median(found[PRICES].notes):.0f} prices a second came in (has no aim)"
    share = statistics.median(found[UNCHANGED].notes)
    yield f"{UNCHANGED}: {share:.1%} of the answers were 304 (has no aim)"


def paired(first: Sequence[float], second: Sequence[float]) -> float:
    """Ratio within a round, the median of all rounds."""
    return statistics.median(one / other for one, other in zip(first, second, strict=True))


def held(yes: bool) -> str:  # noqa: FBT001 - a verdict and nothing else
    """The word for it."""
    return "holds" if yes else "MISSED"


def measure(wrk: str, rounds: int) -> None:
    """Run everything and print the table."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found, size = sides(stack, folder)
        for side in found.values():
            load(wrk, side)  # warm
            side.rates, side.costs, side.notes = [], [], []
        for _ in range(rounds):
            for side in found.values():
                load(wrk, side)
        shared = "one core for the servers and one for wrk" if pinned(0) else "cores not chosen"
        print(f"GET {PATH}, {POSITIONS} positions, {size:,} bytes; wrk, {CONNECTIONS} connections; {shared}")
        print(f"requests a second, median (min – max) of {rounds} rounds of {SECONDS} s\n")
        show(found)
    print()
    for line in verdicts(found):
        print(line)


def serve(kind: str, *arguments: str) -> None:
    """Be one of the servers."""
    if kind == "ours":
        run_in_loop(ours(Path(arguments[0])))
        return
    peers = {"raw": raw, "pydantic": fastapi_pydantic, "bytes": fastapi_bytes}
    peers[kind](Path(arguments[0]).read_bytes())


def main() -> int:
    """Measure, or be one of the servers that are measured."""
    parser = argparse.ArgumentParser(prog="bench.snapshot_read", description="Snapshots a second.")
    parser.add_argument("--quick", action="store_true", help="some seconds, for a first look; figures are rough")
    parser.add_argument("--serve", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(*options.serve)
        return 0
    wrk = shutil.which("wrk")
    if not wrk:
        print("missing: wrk, which makes the load (Debian: apt install wrk)", file=sys.stderr)
        return 1
    named = ("uvicorn", "uvloop", "httptools", "fastapi", "starlette", "pydantic", "counterpoise")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in named))
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}; above 0.5 others use it too, and rates wobble")
    measure(wrk, 3 if options.quick else 21)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How soon does `counterpoise serve` answer after it was started, and how much memory does it hold while idle?

Measured from outside, each start a process of its own, all kinds in turn, several rounds:

- first start: a fresh data folder, whose journal, key and token are made and whose account is opened.
- second start: the same folder again, as every later start is.
- bare FastAPI: one route on uvicorn with the same settings, which is what a hello of others costs.

A start lasts from the exec of the command to the first 200 of /livez, of which a client asks all the time. The memory
is VmRSS of /proc, three seconds later and again after requests of everything a dashboard reads (the page, the API's
description, the read models), prices, and one WebSocket that was shown the account; and VmHWM, the most that it ever
was. Not ru_maxrss: that one is inherited across exec. The bare FastAPI gets as many requests of its one route.
The share of a core while idle is what the three seconds cost. The seconds of a processor until the first answer
stand beside those of the clock because others who use the machine change them less.

Modules must be compiled: from source alone a start takes several times as long. So the package is compiled first, and
it is counted what else would not come from bytecode. With PYTHONDONTWRITEBYTECODE in the environment nothing compiles
by itself, but what is compiled is used.

The imports of a second start, up to its first answer, are split by package: each module's own time, without what it
imports itself. They are measured by `-X importtime`, which makes them slower.
"""

from __future__ import annotations

import argparse
import compileall
import http.client
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from importlib.metadata import version
from pathlib import Path

from websockets.sync.client import connect

SECONDS_MAX = 1.5
MEGABYTES_MAX = 100
IDLE_SECONDS = 3
REQUESTS = 20
"""Of each address."""
SHOWN = 9
"""Packages whose imports are printed."""

ACCOUNT = "main"
SYMBOLS = ("SPY", "QQQ", "TLT")
OPENING = ("--paper", ACCOUNT, "--symbols", ",".join(SYMBOLS))
PAGE = resources.files("counterpoise.service") / "static" / "index.html"
READS = (
    *(["/"] if PAGE.is_file() else []),
    "/openapi.json",
    "/health",
    "/api/portfolio/snapshot",
    "/api/portfolio/pnl",
    f"/api/v1/accounts/{ACCOUNT}/overview",
)
EVENTS = f"/api/v1/accounts/{ACCOUNT}/events"
HELLO = """
import sys
import uvicorn
from fastapi import FastAPI

app = FastAPI()

@app.get("/livez")
async def livez() -> dict[str, str]:
    return {"status": "ok"}

uvicorn.run(
    app, port=int(sys.argv[1]), loop="uvloop", http="httptools", ws="websockets-sansio", lifespan="off",
    log_config=None, access_log=False, server_header=False, date_header=False,
)
"""
COMMAND = "from counterpoise.cli.main import main; main()"
UNCOMPILED = """
import sys
import counterpoise.cli.main, counterpoise.service.run
from pathlib import Path
specs = [module.__spec__ for module in list(sys.modules.values()) if getattr(module, "__spec__", None)]
names = [(Path(spec.origin), Path(spec.cached)) for spec in specs if spec.cached]
def is_current(source, cached):
    if not cached.exists():
        return False
    head, of = cached.read_bytes()[:16], source.stat()
    return [int.from_bytes(head[at : at + 4], "little") for at in (8, 12)] == [int(of.st_mtime), of.st_size]
print(len(names), sum(not is_current(*pair) for pair in names))
"""
"""How many modules a start imports from a source, and of how many the bytecode is not there or not of this source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Megabytes of a process."""

    now: float
    most: float


@dataclass(slots=True, kw_only=True)
class Figures:
    """What was seen of one kind of start, one figure a round.

    Attributes:
        seconds, started: To the first answer, by the clock and of a processor.
        idle, used, most: Megabytes: before and after requests, and ever.
        waiting: Share of a processor before any request.
    """

    seconds: list[float] = field(default_factory=list)
    started: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)


def status(pid: int) -> Memory:
    """What /proc says."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = {name: int(size) / 1024 for name, size in re.findall(r"(VmRSS|VmHWM):\s+(\d+) kB", text)}
    return Memory(now=found["VmRSS"], most=found["VmHWM"])


def processor_seconds(pid: int) -> float:
    """What the process has used of a processor."""
    used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def answered(port: int, process: subprocess.Popen[str]) -> None:
    """Ask until the process answers with 200."""
    while process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/livez")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.002)  # nobody listens yet
        finally:
            connection.close()
    assert process.stderr is not None, "asked for"
    raise SystemExit(f"the server has ended before it answered:\n{process.stderr.read()}")


@contextmanager
def started(command: Sequence[str | Path], port: int) -> Iterator[tuple[subprocess.Popen[str], float]]:
    """A server and the seconds until it answered; SIGTERM ends it."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own commands
    with process:
        try:
            answered(port, process)
            yield process, time.perf_counter() - begun
        finally:
            process.send_signal(signal.SIGTERM)


def serve_command(folder: Path, port: int) -> list[str | Path]:
    """As a person types it."""
    command = Path(sys.executable).parent / "counterpoise"
    return [command, "serve", "--port", str(port), "--data-dir", folder, *OPENING]


def watch(figures: Figures, command: Sequence[str | Path], port: int, folder: Path | None) -> None:
    """One start: how long it took, and its memory idle and used."""
    with started(command, port) as (process, seconds):
        figures.seconds.append(seconds)
        before = processor_seconds(process.pid)
        figures.started.append(before)
        time.sleep(IDLE_SECONDS)
        figures.waiting.append((processor_seconds(process.pid) - before) / IDLE_SECONDS)
        figures.idle.append(status(process.pid).now)
        if folder is None:
            ask(port, {}, ["/livez"] * REQUESTS * len(READS))
        else:
            use(port, (folder / "owner.token").read_text().strip())
        seen = status(process.pid)
        figures.used.append(seen.now)
        figures.most.append(seen.most)


def ask(port: int, headers: Mapping[str, str], paths: Sequence[str]) -> None:
    """Requests on one connection; each must be answered with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for path in paths:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} was answered with {answer.status}")
    connection.close()


def use(port: int, token: str) -> None:
    """What a dashboard and a feed of prices do."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    ask(port, headers, READS * REQUESTS)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    ticks = [{"type": "market.tick", "symbol": symbol, "price": "101.25"} for symbol in SYMBOLS]
    connection.request("POST", EVENTS, json.dumps(ticks), headers)
    taken = connection.getresponse()
    taken.read()
    assert taken.status == 202, taken.status
    connection.close()
    with connect(f"ws://127.0.0.1:{port}/ws", additional_headers=headers, compression=None) as live:
        live.send(json.dumps({"type": "subscribe", "channel": "overview"}))
        shown = json.loads(live.recv(timeout=10))
        assert shown.get("type") != "error", shown


# ── what is imported ─────────────────────────────────────────────────────────────────────────────────────


def compiled() -> str:
    """Compile the package, and say how much of what a start imports is bytecode."""
    spec = importlib.util.find_spec("counterpoise")
    assert spec is not None, "it is what we measure"
    assert spec.submodule_search_locations, "a package"
    package = spec.submodule_search_locations[0]
    if not compileall.compile_dir(package, quiet=1):
        raise SystemExit(f"not every module of {package} compiles")
    counts = subprocess.run([sys.executable, "-c", UNCOMPILED], capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    modules, missing = map(int, counts.stdout.split())
    unwritten = "set" if os.environ.get("PYTHONDONTWRITEBYTECODE") else "not set"
    state = "all compiled" if not missing else f"{missing} of them NOT COMPILED, so that starts read too slow"
    return f"{modules:,} modules with a source, {state}; PYTHONDONTWRITEBYTECODE is {unwritten}"


def imports(folder: Path) -> dict[str, float]:
    """Milliseconds of imports by package, from the exec to the first answer."""
    port, log = free_port(), folder / "imports.txt"
    command = [sys.executable, "-X", "importtime", "-c", COMMAND, *serve_command(folder / "data", port)[1:]]
    with log.open("w") as out, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=out, text=True) as process:  # noqa: S603 - our own command
        answered(port, process)
        process.send_signal(signal.SIGTERM)
    times: dict[str, float] = defaultdict(float)
    for own, module in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", log.read_text(), re.MULTILINE):
        package = module.partition(".")[0]
        times["standard library" if package in sys.stdlib_module_names else package] += int(own) / 1e3
    return times


# ── the run ──────────────────────────────────────────────────────────────────────────────────────────────

FIRST = "first start"
SECOND = "second start"
BARE = "bare FastAPI"


def measure(rounds: int) -> tuple[dict[str, Figures], list[dict[str, float]]]:
    """All kinds in turn."""
    figures = {name: Figures() for name in (FIRST, SECOND, BARE)}
    split: list[dict[str, float]] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            data = Path(name) / "data"
            for kind in (FIRST, SECOND):
                port = free_port()
                watch(figures[kind], serve_command(data, port), port, data)
            split.append(imports(Path(name)))
        port = free_port()
        watch(figures[BARE], [sys.executable, "-c", HELLO, str(port)], port, None)
    return figures, split


def spread(values: Sequence[float], places: int) -> str:
    """Median (least – most)."""
    return f"{statistics.median(values):.{places}f} ({min(values):.{places}f} – {max(values):.{places}f})"


def show(figures: Mapping[str, Figures]) -> None:
    """One line a kind and figure."""
    heads = ("", "s to the first 200", "s of processor", "MB idle", "MB after use")
    print(f"\n  {heads[0]:<14}{''.join(f'{head:<21}' for head in heads[1:])}at most  idle")
    for name, seen in figures.items():
        print(
            f"  {name:<14}{spread(seen.seconds, 2):<21}{spread(seen.started, 2):<21}{spread(seen.idle, 1):<21}"
            f"{spread(seen.used, 1):<21}{max(seen.most):<9.1f}{statistics.median(seen.waiting):.1%} of a core"
        )


def show_imports(split: Sequence[Mapping[str, float]]) -> None:
    """The heaviest packages."""
    middle = {name: statistics.median(times.get(name, 0) for times in split) for name in {*split[0]}}
    whole = sum(middle.values())
    print(f"\nimports of a second start, own time by package, {whole:,.0f} ms in all under -X importtime")
    for name in sorted(middle, key=lambda name: -middle[name])[:SHOWN]:
        print(f"  {name:<20}{middle[name]:>8.0f} ms {middle[name] / whole:>7.1%}")


def verdicts(figures: Mapping[str, Figures]) -> Iterator[str]:
    """Whether each aim holds."""
    for name in (FIRST, SECOND):
        seconds, most = statistics.median(figures[name].seconds), max(figures[name].most)
        ratio = seconds / statistics.median(figures[BARE].seconds)
        yield (
            f"{name}: {seconds:.2f} s to the first 200 (aim {SECONDS_MAX}): {held(seconds <= SECONDS_MAX)}; "
            f"{ratio:.1f} × bare FastAPI"
        )
        yield f"{name}: {most:.1f} MB at most in any round (aim {MEGABYTES_MAX}): {held(most <= MEGABYTES_MAX)}"


def held(yes: bool) -> str:  # noqa: FBT001 - a verdict and nothing else
    """The word for it."""
    return "holds" if yes else "MISSED"


def main() -> int:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(prog="bench.serve_idle", description="Start and memory of the service.")
    parser.add_argument("--quick", action="store_true", help="some seconds, for a first look; figures are rough")
    rounds = 2 if parser.parse_args().quick else 7
    if not Path("/proc/self/status").exists() or not shutil.which(
        "counterpoise", path=str(Path(sys.executable).parent)
    ):
        print("missing: /proc, which says the memory of a process, or the counterpoise command", file=sys.stderr)
        return 1
    named = ("fastapi", "starlette", "pydantic", "uvicorn", "uvloop", "sqlalchemy", "alembic", "counterpoise")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in named))
    print(compiled())
    print(f"the dashboard is {'built' if PAGE.is_file() else 'NOT BUILT, so its page is not asked for'}")
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}; above 0.5 others use it too, and seconds wobble")
    print(f"{rounds} rounds; median (least – most)")
    figures, split = measure(rounds)
    show(figures)
    show_imports(split)
    print()
    for line in verdicts(figures):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())

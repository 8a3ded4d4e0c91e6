"""Does the real process start on its port, end at SIGTERM without losing anything, and leave alone what is not its?"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from counterpoise.adapters.folder import DataFolder
from counterpoise.domain.errors import ConfigurationError
from counterpoise.service.server import LOOPBACK, listen
from tests.e2e.command import COMMAND, environment, rows, run
from tests.service.site import live_site

SWITCH = "/api/v1/accounts/main/kill-switch"
OPENING = ("--paper", "main", "--symbols", "SPY,QQQ", "--cash", "5000", "--time-zone", "UTC")
LINK = re.compile(r"(http://127\.0\.0\.1:\d+)/sign-in#code=(\S+)")


@dataclass(kw_only=True)
class Served:
    """A `counterpoise serve` that runs, and what a browser or a program says to it."""

    process: subprocess.Popen[str]
    address: str
    code: str
    said: str

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        connection = HTTPConnection(LOOPBACK, self.port, timeout=10)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, dict(headers or {}))
            answer = connection.getresponse()
            raw = answer.read()
            return answer.status, json.loads(raw) if raw else None, {k.lower(): v for k, v in answer.getheaders()}
        finally:
            connection.close()

    def sign_in(self, code: str) -> tuple[int, dict[str, str]]:
        """The status, and the headers that later requests carry."""
        status, told, headers = self.call("POST", "/api/v1/sessions", {"code": code})
        if status != 201:
            return status, {}
        return status, {"Cookie": headers["set-cookie"].partition(";")[0], "X-CSRF-Token": told["csrf_token"]}

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code, and what else it said."""
        self.process.send_signal(number)
        _, rest = self.process.communicate(timeout=20)
        return self.process.returncode, rest


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Served]:
    """`counterpoise serve --port 0` on `folder`, until the block ends."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--data-dir", str(folder), *arguments],
        env=environment(folder.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = ""
        while not (found := LINK.search(said)):
            line = process.stderr.readline()
            assert line, f"it ended with {process.wait()}: {said}"
            said += line
        yield Served(process=process, address=found[1], code=found[2], said=said)
    finally:
        if process.poll() is None:
            process.kill()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()


def test_a_service_is_begun_used_ended_and_begun_again_without_losing_anything(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data, *OPENING) as served:
        assert served.call("GET", "/livez")[0] == 200
        assert served.call("GET", "/api/portfolio/snapshot")[0] == 401
        status, me = served.sign_in(served.code)
        assert (status, served.sign_in(served.code)[0]) == (201, 401), "the printed link works once"

        link = run(["token", "link", "--data-dir", str(data)], tmp_path)
        found = LINK.fullmatch(link.stdout.strip())
        assert found is not None, link
        assert found[1] == served.address
        assert [served.sign_in(found[2])[0] for _ in range(2)] == [201, 401], "so does one that is asked for"

        before = rows(data)
        second = run(["serve", "--port", "0", "--data-dir", str(data), *OPENING], tmp_path)
        assert (second.returncode, second.stdout) == (1, "")
        assert served.address in second.stderr
        assert f"process {served.process.pid}" in second.stderr
        assert len(second.stderr.strip().splitlines()) == 1
        same = run(["serve", "--port", str(served.port), "--data-dir", str(data)], tmp_path)
        assert (same.returncode, same.stdout) == (1, "")
        assert f"is served already at {served.address}" in same.stderr
        assert rows(data) == before, "neither touched anything"
        assert "Traceback" not in second.stderr

        with connect(
            f"ws{served.address.removeprefix('http')}/ws", additional_headers={"Cookie": me["Cookie"]}
        ) as feed:
            feed.send('{"type":"subscribe","channel":"overview"}')
            assert json.loads(feed.recv(timeout=5))["type"] == "snapshot"
            status, halted, _ = served.call("POST", SWITCH, {"state": "HALTED", "reason": "enough"}, me)
            assert (status, halted["trading_state"]) == (200, "HALTED")
            idle = HTTPConnection(LOOPBACK, served.port)
            idle.connect()  # an open connection holds nothing up
            code, rest = served.end()
            idle.close()
            with suppress(Exception):
                while True:
                    feed.recv(timeout=5)
            assert feed.protocol.close_code == 1001
        assert (code, rest.strip().splitlines()[-1]) == (0, "stopped; nothing was lost")
        assert "Traceback" not in rest

    verified = run(["verify", "--data-dir", str(data)], tmp_path)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    gone = run(["token", "link", "--data-dir", str(data)], tmp_path)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "nothing serves" in gone.stderr

    with serving(data) as again:
        assert again.sign_in(found[2])[0] == 401, "a link of an earlier start is worth nothing"
        _, owner = again.sign_in(again.code)
        _, state, _ = again.call("GET", SWITCH, headers=owner)
        assert (state["trading_state"], state["reason"]) == ("HALTED", "enough"), "what was answered is durable"
        _, snapshot, _ = again.call("GET", "/api/portfolio/snapshot", headers=owner)
        assert snapshot["total_equity"] == "5000"
        assert again.end(signal.SIGINT)[0] == 0


def test_a_service_without_an_account_says_in_one_line_how_to_open_one(tmp_path: Path) -> None:
    done = run(["serve", "--port", "0", "--data-dir", str(tmp_path / "data")], tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("error: ")
    assert "--paper" in done.stderr


def test_a_port_in_use_is_one_line_before_the_folder_is_touched(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with listen(0) as taken:
        port = str(taken.getsockname()[1])
        done = run(["serve", "--port", port, "--data-dir", str(data), *OPENING], tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"error: port {port} of 127.0.0.1 is in use by another program; choose another with --port\n"
    assert not data.exists()


def test_a_port_that_may_not_be_used_says_why() -> None:
    with listen(0) as taken, pytest.raises(ConfigurationError, match="in use by another program"):
        listen(taken.getsockname()[1])


def test_the_service_listens_on_loopback_alone() -> None:
    with listen(0) as found:
        assert found.getsockname()[0] == "127.0.0.1"
        with socket.socket() as other, pytest.raises(OSError, match="refused"):
            other.connect(("127.0.0.2", found.getsockname()[1]))


def test_who_may_read_the_owners_token_is_the_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    with serving(folder.path, *OPENING) as served:
        assert folder.token.stat().st_mode & 0o777 == 0o600
        token = folder.token.read_text().strip()
        assert token not in served.said
        status, _, _ = served.call("GET", "/api/portfolio/pnl", headers={"Authorization": f"Bearer {token}"})
        assert status == 200


async def test_a_stop_answers_what_was_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = asyncio.Event()
    async with live_site("SPY", reads_open=True) as site:

        async def steady() -> None:
            slow.set()
            await asyncio.sleep(0.2)

        monkeypatch.setattr(site.plane.watch, "steady", steady)
        asked = asyncio.create_task(site.call("GET", "/api/v1/accounts/main/overview"))
        await slow.wait()
    assert (await asked).status == 200


async def test_a_service_that_is_ended_frees_its_port() -> None:
    async with live_site("SPY") as site:
        port = site.port
    with listen(port) as again:
        assert again.getsockname()[1] == port

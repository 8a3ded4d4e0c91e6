"""Does one process at a time own a data folder, whatever becomes of the others?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpoise.adapters import folder as folder_module
from counterpoise.adapters.folder import LEASE_SECONDS, DataFolder, Ownership
from counterpoise.adapters.journals.sqlite import SqliteJournal
from counterpoise.control import recovery
from counterpoise.domain.errors import ConfigurationError, DataFolderInUse, StaleWriter
from tests.control.making import ACCOUNT, START, Desk, Now, enable

TAKE = """
import sys, time
from pathlib import Path
from counterpoise.adapters.folder import DataFolder, Ownership
ownership = Ownership(DataFolder(Path(sys.argv[1])))
ownership.take("serve", "127.0.0.1:8000")
print("taken", flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.create()
    return made


@pytest.fixture
def other(folder: DataFolder) -> Iterator[subprocess.Popen[str]]:
    """Another process that owns the folder."""
    process = subprocess.Popen([sys.executable, "-c", TAKE, str(folder.path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "taken\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    moment = int(time.time()) + seconds
    monkeypatch.setattr(folder_module, "_now", lambda: moment)


def written(folder: DataFolder) -> dict[str, object]:
    found: dict[str, object] = json.loads(folder.lock.read_text())
    return found


def test_a_second_owner_is_refused_and_told_who_the_first_is(folder: DataFolder, other: subprocess.Popen[str]) -> None:
    with pytest.raises(DataFolderInUse) as caught:
        Ownership(folder).take("demo")
    said = str(caught.value)
    assert f"belongs to `serve`, process {other.pid} at 127.0.0.1:8000" in said
    assert str(folder.path) in said
    assert "--data-dir" in said


def test_an_owner_without_an_address_is_named_without_one(folder: DataFolder) -> None:
    first = Ownership(folder)
    first.take("demo")
    with pytest.raises(DataFolderInUse, match=rf"`demo`, process {os.getpid()}; stop it"):
        Ownership(folder).take("serve")
    first.release()


def test_a_folder_that_was_given_back_is_free(folder: DataFolder) -> None:
    first, second = Ownership(folder), Ownership(folder)
    first.take("demo")
    first.release()
    second.take("serve")
    assert written(folder)["command"] == "serve"
    first.release()
    with pytest.raises(DataFolderInUse):
        first.take("demo")
    second.release()


@pytest.mark.parametrize("end", (signal.SIGKILL, signal.SIGTERM))
def test_the_lock_of_an_owner_that_died_is_free_at_once(
    folder: DataFolder, other: subprocess.Popen[str], end: signal.Signals
) -> None:
    other.send_signal(end)
    other.wait()
    ownership = Ownership(folder)
    ownership.take("demo")
    assert written(folder)["pid"] == os.getpid()
    ownership.release()


@pytest.mark.parametrize(
    ("silent_for", "replaced"),
    (
        pytest.param(LEASE_SECONDS - 2, False, id="within its lease"),
        pytest.param(LEASE_SECONDS + 1, True, id="longer than its lease"),
    ),
)
def test_an_owner_that_is_stopped_is_replaced_only_when_its_lease_is_over(
    folder: DataFolder,
    other: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
    silent_for: int,
    replaced: bool,  # noqa: FBT001 - a row of the table
) -> None:
    other.send_signal(signal.SIGSTOP)
    later(monkeypatch, silent_for)
    ownership = Ownership(folder)
    if not replaced:
        with pytest.raises(DataFolderInUse):
            ownership.take("demo")
        assert written(folder)["pid"] == other.pid
        return
    ownership.take("demo")
    assert written(folder)["pid"] == os.getpid()
    other.send_signal(signal.SIGCONT)
    with pytest.raises(DataFolderInUse, match="`demo`"):
        Ownership(folder).take("another")
    ownership.release()


def test_an_owner_that_says_that_it_lives_is_not_replaced(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Ownership(folder)
    first.take("demo")
    later(monkeypatch, LEASE_SECONDS + 10)
    first.renew()
    with pytest.raises(DataFolderInUse):
        Ownership(folder).take("serve")
    assert written(folder)["started_at"] != written(folder)["renewed_at"]
    first.release()


def test_an_owner_that_wakes_after_it_was_replaced_disturbs_the_lock_of_the_new_one_no_more(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Ownership(folder), Ownership(folder)
    first.take("first")
    later(monkeypatch, LEASE_SECONDS + 1)
    second.take("second")
    first.renew()
    first.release()
    assert written(folder)["command"] == "second"
    with pytest.raises(DataFolderInUse, match="`second`"):
        Ownership(folder).take("third")
    second.release()


async def test_the_epoch_fences_the_owner_that_was_replaced(folder: DataFolder) -> None:
    desk = Desk("SPY")
    first = SqliteJournal.open(folder.journal, clock=Now())
    await first.append(ACCOUNT, 1, 1, desk.facts)
    second = SqliteJournal.open(folder.journal, clock=Now())
    state = await recovery.load(second, ACCOUNT, second.key, await second.anchors())
    await recovery.claim(state, second, "second", START)

    before = len(desk.facts)
    desk.tell(enable())
    with pytest.raises(StaleWriter):
        await first.append(ACCOUNT, desk.facts[before].sequence, 1, desk.facts[before:])
    assert (await second.last(ACCOUNT)).epoch == 2
    await first.close()
    await second.close()


def test_an_unreadable_lock_that_is_held_is_not_taken_over(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Ownership(folder)
    first.take("demo")
    folder.lock.write_text("{")
    later(monkeypatch, 10 * LEASE_SECONDS)
    with pytest.raises(DataFolderInUse, match="is being opened by another process"):
        Ownership(folder).take("serve")
    first.release()


def test_what_is_secret_is_readable_by_the_user_alone(folder: DataFolder) -> None:
    ownership = Ownership(folder)
    ownership.take("demo")
    assert [path.stat().st_mode & 0o777 for path in (folder.path, folder.token, folder.lock)] == [0o700, 0o600, 0o600]
    ownership.release()


def test_the_token_is_made_once(folder: DataFolder) -> None:
    tokens = []
    for _ in range(2):
        ownership = Ownership(folder)
        ownership.take("demo")
        tokens.append(folder.token.read_text())
        ownership.release()
    assert tokens[0] == tokens[1]
    assert len(tokens[0]) >= 43  # 32 bytes of chance


def test_what_was_begun_with_these_terms_goes_on_and_with_others_does_not(folder: DataFolder) -> None:
    folder.agree({"seed": "1", "prices": "abc"})
    folder.agree({"prices": "abc", "seed": "1"})
    with pytest.raises(ConfigurationError, match="seed") as caught:
        folder.agree({"prices": "abc", "seed": "2"})
    assert "--data-dir" in str(caught.value)
    for terms in ({"prices": "abc"}, {"prices": "abc", "seed": "1", "faults": "some"}):
        with pytest.raises(ConfigurationError):
            folder.agree(terms)
    assert json.loads(folder.manifest.read_text()) == {"prices": "abc", "seed": "1"}


def test_a_manifest_that_cannot_be_read_is_not_overwritten(folder: DataFolder) -> None:
    folder.manifest.write_text("{")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        folder.agree({"seed": "1"})
    assert folder.manifest.read_text() == "{"


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written") as caught:
        DataFolder(tmp_path / "file" / "data").create()
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_there_is_used_and_nothing_is_left_in_it(folder: DataFolder) -> None:
    folder.create()
    assert list(folder.path.iterdir()) == []


def test_without_a_journal_there_is_nothing_to_read(folder: DataFolder) -> None:
    with pytest.raises(ConfigurationError, match="no journal in"):
        folder.require()
    folder.journal.touch()
    folder.require()

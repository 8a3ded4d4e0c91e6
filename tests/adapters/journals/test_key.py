"""Is the key made once, kept from others, and never replaced under a journal that it sealed?"""

import asyncio
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from counterpoise.adapters.journals.key import make_key, read_key
from counterpoise.adapters.journals.sqlite import SqliteJournal
from counterpoise.domain.errors import ConfigurationError
from tests.ledger.samples import deposits


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2024, 3, 10, 7, tzinfo=UTC)


def test_a_new_key_is_32_bytes_of_chance_for_its_owner_alone(tmp_path: Path) -> None:
    key = make_key(tmp_path / "journal.key")
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / "journal.key").stat().st_mode) == 0o600
    assert key != make_key(tmp_path / "other.key")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["journal.key", "other.key"]


def test_a_key_is_made_once_even_by_many_at_a_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(make_key, [tmp_path / "journal.key"] * 64))
    assert len(set(keys)) == 1
    assert read_key(tmp_path / "journal.key") == keys[0]


@pytest.mark.parametrize(
    ("content", "mode", "says"),
    (
        pytest.param(bytes(32), 0o604, "open to every user", id="readable by everybody"),
        pytest.param(bytes(31), 0o600, "31 bytes", id="too short"),
        pytest.param(b"", 0o600, "0 bytes", id="empty"),
        pytest.param(bytes(65), 0o600, "65 bytes", id="too long"),
    ),
)
def test_a_key_that_protects_nothing_is_refused(tmp_path: Path, content: bytes, mode: int, says: str) -> None:
    path = tmp_path / "journal.key"
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=says) as refused:
        make_key(path)
    assert str(path) in str(refused.value)
    assert path.read_bytes() == content


def test_a_key_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        make_key(tmp_path / "nowhere" / "journal.key")


def test_a_lost_key_is_not_replaced_under_a_journal_with_entries(tmp_path: Path) -> None:
    async def write() -> None:
        journal = SqliteJournal.open(tmp_path / "journal.db", clock=FixedClock())
        await journal.append("main", 1, 1, deposits(1, 1))
        await journal.close()

    asyncio.run(write())
    (tmp_path / "journal.key").unlink()
    with pytest.raises(ConfigurationError, match="restore the file that sealed this journal"):
        SqliteJournal.open(tmp_path / "journal.db", clock=FixedClock())
    assert not (tmp_path / "journal.key").exists()

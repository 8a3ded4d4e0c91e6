"""Does an installation find its own journal, and refuse to go on with another one?"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpoise.adapters.clocks import SystemClock
from counterpoise.adapters.folder import DataFolder
from counterpoise.adapters.journals.chosen import choose
from counterpoise.adapters.journals.postgres import PostgresJournal
from counterpoise.adapters.journals.sqlite import SqliteJournal
from counterpoise.domain.errors import ConfigurationError
from tests.adapters.journals.postgres_server import database
from tests.ledger.samples import deposits


@pytest.fixture(params=("own", "file", "server"))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | None]:
    if request.param == "server":
        with database() as made:
            yield made
    else:
        yield None if request.param == "own" else f"sqlite:///{tmp_path / 'elsewhere.db'}"


def test_where_nothing_is_said_it_is_the_file_in_the_folder(tmp_path: Path) -> None:
    own = choose(None, tmp_path, None)
    assert (own.is_own_file, own.elsewhere, own.told) == (True, None, str(tmp_path))
    assert own.key_file == tmp_path / "journal.key"
    same = choose(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path, tmp_path / "other.key")
    assert (same.is_own_file, same.key_file) == (True, tmp_path / "other.key")


async def test_it_tells_what_is_there_without_making_anything(url: str | None, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    chosen = choose(url, folder, None)
    before = chosen.status()
    assert (before.revision, before.is_current, before.accounts, before.size_bytes) == (None, False, (), 0)
    with pytest.raises(ConfigurationError, match="no journal in"):
        chosen.require()
    assert not folder.exists()
    folder.mkdir()
    journal = chosen.open(SystemClock(), "a trader")
    assert isinstance(journal, PostgresJournal if chosen.is_shared else SqliteJournal)
    await journal.append("main", 1, 1, deposits(1, 2))
    await journal.append("other", 1, 3, deposits(1, 1, account="other", epoch=3))
    chosen.require()
    found = chosen.status()
    assert found.is_current
    assert found.size_bytes > 0
    assert [(kept.account, kept.sequence, kept.epoch) for kept in found.accounts] == [("main", 2, 1), ("other", 1, 3)]
    writers = {kept.writer.split(" (session")[0] for kept in found.accounts}
    assert writers == ({"a trader"} if chosen.is_shared else {""})
    assert (chosen.has("main"), chosen.has("none")) == (True, False)
    await journal.close()
    assert {kept.writer for kept in chosen.status().accounts} == {""}


def test_a_file_that_is_no_journal_is_said(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_text("text, and no database at all" * 200)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        choose(None, tmp_path, None).status()


def test_a_server_that_does_not_answer_is_said_without_the_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as refused:
        choose("postgresql://trader:hunter2@127.0.0.1:1/book", tmp_path, None).status()
    assert "hunter2" not in str(refused.value)


def test_without_the_driver_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'counterpoise\[postgres\]'"):
        choose("postgresql://db.example/book", tmp_path, None)


def test_a_folder_goes_on_with_the_journal_it_was_begun_with(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    server = choose("postgresql://trader:hunter2@db.example/book", folder.path, None)
    folder.belong_to(server.elsewhere)
    folder.belong_to(server.elsewhere)
    assert folder.journal_elsewhere() == "postgresql://trader@db.example/book"
    for other in (None, "postgresql://db.example/other"):
        with pytest.raises(ConfigurationError, match=r"belongs to the journal postgresql://trader@db\.example/book"):
            folder.belong_to(other)
    with pytest.raises(ConfigurationError, match="set COUNTERPOISE_JOURNAL_URL"):
        folder.require()
    folder.elsewhere.unlink()
    folder.belong_to("postgresql://db.example/other")


def test_a_folder_with_a_journal_of_its_own_takes_no_other(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    asyncio.run(choose(None, tmp_path, None).open(SystemClock(), "x").close())
    folder.belong_to(None)
    with pytest.raises(ConfigurationError, match="has a journal of its own"):
        folder.belong_to("postgresql://db.example/book")
    assert folder.journal_elsewhere() is None

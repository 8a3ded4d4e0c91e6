"""Which account does a start run, and does the whole loop run on a server as it does on a file?"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from counterpoise.domain.errors import ConfigurationError, JournalRefused
from counterpoise.library.opening import Opening, account_to_run
from counterpoise.library.plane import Counterpoise
from tests.adapters.journals.postgres_server import database
from tests.control.making import D


@pytest.fixture
def url() -> Iterator[str]:
    with database() as made:
        yield made


def opening(name: str) -> Opening:
    return Opening.paper(name, cash=D(10_000), symbols=("SPY", "TLT"))


@pytest.mark.parametrize(
    ("known", "wanted", "opened", "is_shared", "runs"),
    (
        pytest.param((), None, "a", False, "a", id="the first start opens"),
        pytest.param((), None, "a", True, "a", id="the first start on a server opens"),
        pytest.param(("a",), None, None, False, "a", id="a later one goes on"),
        pytest.param(("a",), None, None, True, "a", id="a later one on a server goes on"),
        pytest.param(("a",), None, "b", False, "a", id="a folder has one account, whatever is opened"),
        pytest.param(("a",), None, "b", True, "b", id="a server takes another installation's account"),
        pytest.param(("a", "b"), None, "b", True, "b", id="the opening names ours"),
        pytest.param(("a", "b"), "a", None, True, "a", id="the one that is named"),
        pytest.param(("a", "b"), "a", "b", True, "a", id="what is named wins"),
        pytest.param(("a",), "b", "b", False, "b", id="named and opened"),
    ),
)
def test_the_account_of_a_start(
    *, known: tuple[str, ...], wanted: str | None, opened: str | None, is_shared: bool, runs: str
) -> None:
    made = opening(opened) if opened else None
    assert account_to_run(known, wanted, made, Path("/data"), is_shared=is_shared) == runs


@pytest.mark.parametrize(
    ("known", "wanted", "is_shared", "says"),
    (
        ((), None, False, "no account in /data; the first start opens one"),
        ((), None, True, "no account in /data; the first start opens one"),
        (("a", "b"), None, True, r"holds several accounts \(a, b\)"),
        (("a", "b"), "c", True, "no account c in the journal; known: a, b"),
    ),
)
def test_a_start_that_cannot_tell_its_account_says_how_to(
    *, known: tuple[str, ...], wanted: str | None, is_shared: bool, says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        account_to_run(known, wanted, None, Path("/data"), is_shared=is_shared)


async def test_two_installations_share_a_server_and_none_writes_the_other_s_account(url: str, tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path / "one", opening("one"), url=url) as one:
        (tmp_path / "two").mkdir()
        (tmp_path / "two" / "journal.key").write_bytes((tmp_path / "one" / "journal.key").read_bytes())
        (tmp_path / "two" / "journal.key").chmod(0o600)
        with pytest.raises(JournalRefused, match="account one is being written by counterpoise library"):
            async with Counterpoise.open(tmp_path / "two", account="one", url=url):
                pytest.fail("a second writer got in")
        async with Counterpoise.open(tmp_path / "two", opening("two"), url=url) as two:
            assert (await one.verify()).ok
            assert (await two.verify()).ok
            assert two.equity == D(10_000)
            with psycopg.connect(url) as connection:
                kept = connection.execute("SELECT DISTINCT account FROM entries ORDER BY account").fetchall()
            assert kept == [("one",), ("two",)]
    async with Counterpoise.open(tmp_path / "one", account="one", url=url) as again:
        assert again.account_id == "one"
        assert (await again.verify()).ok
    assert not (tmp_path / "one" / "journal.db").exists()

"""Where does a start find its data, and is a typing mistake heard?"""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpoise.domain.errors import ConfigurationError
from counterpoise.settings import KEYS, Settings, from_environment

HOME = {"HOME": "/trader"}


@pytest.mark.parametrize(
    ("environment", "stated", "folder"),
    (
        pytest.param(HOME, None, "/trader/.local/share/counterpoise", id="home"),
        pytest.param({**HOME, "XDG_DATA_HOME": "/xdg"}, None, "/xdg/counterpoise", id="the desktop's data folder"),
        pytest.param({**HOME, "XDG_DATA_HOME": ""}, None, "/trader/.local/share/counterpoise", id="an empty one"),
        pytest.param({**HOME, "COUNTERPOISE_DATA_DIR": "/data"}, None, "/data", id="our own name"),
        pytest.param(
            {**HOME, "COUNTERPOISE_DATA_DIR": ""}, None, "/trader/.local/share/counterpoise", id="our own, empty"
        ),
        pytest.param({"COUNTERPOISE_DATA_DIR": "/data"}, "/line", "/line", id="the command line wins"),
        pytest.param({}, None, ".local/share/counterpoise", id="no home at all"),
    ),
)
def test_the_data_folder(environment: dict[str, str], stated: str | None, folder: str) -> None:
    made = from_environment(environment, Path(stated) if stated else None)
    assert made == Settings(data_dir=Path(folder), journal_key_file=None)


def test_the_key_may_lie_elsewhere() -> None:
    made = from_environment({**HOME, "COUNTERPOISE_JOURNAL_KEY_FILE": "/keys/journal.key"})
    assert made.journal_key_file == Path("/keys/journal.key")


URL = "postgresql://trader:hunter2@db.example/book"


@pytest.mark.parametrize(
    ("environment", "stated", "url"),
    (
        pytest.param({}, None, None, id="in the folder"),
        pytest.param({"COUNTERPOISE_JOURNAL_URL": ""}, None, None, id="empty is in the folder"),
        pytest.param({"COUNTERPOISE_JOURNAL_URL": URL}, None, URL, id="elsewhere"),
        pytest.param({"COUNTERPOISE_JOURNAL_URL": URL}, "sqlite:///x.db", "sqlite:///x.db", id="the caller wins"),
    ),
)
def test_the_journal_may_be_elsewhere(environment: dict[str, str], stated: str | None, url: str | None) -> None:
    assert from_environment({**HOME, **environment}, journal_url=stated).journal_url == url


def test_settings_never_show_the_password_of_the_journal() -> None:
    assert "hunter2" not in repr(from_environment({**HOME, "COUNTERPOISE_JOURNAL_URL": URL}))


@pytest.mark.parametrize("name", ("COUNTERPOISE_DATADIR", "COUNTERPOISE_", "COUNTERPOISE_data_dir"))
def test_a_name_that_nothing_reads_is_refused_with_those_that_are_known(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"unknown setting {name}; known are") as caught:
        from_environment({**HOME, name: "/data"})
    assert all(known in str(caught.value) for known in KEYS)


def test_names_of_others_and_of_the_tests_are_left_alone() -> None:
    environment = {**HOME, "COUNTERPOISER": "x", "COUNTERPOISE_TEST_REDIS": "redis://", "PATH": "/bin"}
    assert from_environment(environment, Path("/d")).data_dir == Path("/d")

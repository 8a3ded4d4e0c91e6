"""Do two processes on two differently set up machines write the same bytes?"""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import TARGETS, rows, run, wide

HERE = {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "America/New_York"}
THERE = {"PYTHONHASHSEED": "4242", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati"}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A journal key that two folders share, so that their seals can be compared."""
    path = tmp_path / "journal.key"
    path.write_bytes(secrets.token_bytes(32))
    path.chmod(0o600)
    return path


def lived(tmp_path: Path, name: str, key: Path, arguments: tuple[str, ...], place: dict[str, str]) -> dict[str, Any]:
    """What one process told, and the folder that it left."""
    folder = tmp_path / name
    folder.mkdir()
    done = run(
        (*arguments, "--data-dir", str(folder / "data"), "--output", "json"),
        folder,
        COUNTERPOISE_JOURNAL_KEY_FILE=str(key),
        **place,
    )
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "seconds": None}


@pytest.mark.parametrize(
    "arguments",
    (
        pytest.param(("demo", "--headless", "--days", "75"), id="demo with mild faults"),
        pytest.param(("demo", "--headless", "--days", "70", "--faults", "wild", "--seed", "7"), id="wild faults"),
    ),
)
def test_hash_seed_locale_zone_and_folder_change_no_byte(arguments: tuple[str, ...], tmp_path: Path, key: Path) -> None:
    here = lived(tmp_path, "here", key, arguments, HERE)
    there = lived(tmp_path, "there", key, arguments, THERE)
    assert here == there
    left, right = rows(tmp_path / "here" / "data"), rows(tmp_path / "there" / "data")
    assert len(left) > 100
    assert left == right, "raw bytes, seals and columns"


def test_a_replay_of_the_same_files_from_another_folder_writes_the_same_bytes(tmp_path: Path, key: Path) -> None:
    (tmp_path / "prices.csv").write_text(wide(8))
    (tmp_path / "targets.csv").write_text(TARGETS)
    here = ("replay", "--prices", str(tmp_path / "prices.csv"), "--targets", str(tmp_path / "targets.csv"))
    there = ("replay", "--prices", "../prices.csv", "--targets", "../targets.csv")
    first = lived(tmp_path, "here", key, here, HERE)
    second = lived(tmp_path, "there", key, there, THERE)
    assert first == second
    assert rows(tmp_path / "here" / "data") == rows(tmp_path / "there" / "data")


def test_another_seed_is_another_story(tmp_path: Path, key: Path) -> None:
    arguments = ("demo", "--headless", "--days", "30", "--faults", "wild", "--seed")
    first = lived(tmp_path, "first", key, (*arguments, "1"), HERE)
    second = lived(tmp_path, "second", key, (*arguments, "2"), HERE)
    assert first["replay_digest"] != second["replay_digest"]

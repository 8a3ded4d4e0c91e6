"""Do the revisions lead forward and back, and is the newest the one that the code expects?"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from counterpoise.adapters.journals.database import REVISIONS, open_for_writing, revision
from counterpoise.adapters.journals.migrate import configuration, migrate
from counterpoise.domain.errors import ConfigurationError


def things(file: Path) -> set[str]:
    """Names of all tables, indexes and triggers of ours."""
    with closing(sqlite3.connect(file)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")}


def test_the_list_of_revisions_is_that_of_the_files() -> None:
    scripts = ScriptDirectory.from_config(configuration())
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS


def test_revision_0001_comes_and_goes(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    migrate(file, "0001")
    made = things(file)
    assert made >= {"entries", "checkpoints", "entries_by_kind", "entries_never_change", "entries_never_go"}
    migrate(file, "base")
    assert things(file) == {"alembic_version"}
    migrate(file, "0001")
    assert things(file) == made


def test_opening_brings_a_database_of_no_revision_to_the_newest(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    migrate(file, "base")
    with closing(open_for_writing(file)) as connection:
        assert revision(connection) == REVISIONS[-1]


def test_a_revision_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE checkpoints (in_the_way TEXT)")
    with pytest.raises(ConfigurationError, match="checkpoints already exists"):
        migrate(file, "0001")
    assert things(file) == {"checkpoints"}

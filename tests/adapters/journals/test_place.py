"""Is the journal's URL read as it is meant, and is its password never shown?"""

from pathlib import Path

import pytest

from counterpoise.adapters.journals.place import File, Server, read_url
from counterpoise.domain.errors import ConfigurationError


@pytest.mark.parametrize(
    ("url", "path"),
    (
        ("sqlite:///journal.db", "journal.db"),
        ("sqlite:///books/of%20mine.db", "books/of mine.db"),
        ("sqlite:////srv/journal.db", "/srv/journal.db"),
    ),
)
def test_a_file(url: str, path: str) -> None:
    assert read_url(url) == File(Path(path))


@pytest.mark.parametrize(
    ("url", "parameters", "shown"),
    (
        ("postgresql://db.example/book", {"host": "db.example", "dbname": "book"}, "postgresql://db.example/book"),
        (
            "postgres://trader:p%40ss%3A@db.example:5433/book",
            {"host": "db.example", "port": "5433", "user": "trader", "password": "p@ss:", "dbname": "book"},
            "postgresql://trader@db.example:5433/book",
        ),
        (
            "postgresql:///book?host=/run/postgresql",
            {"host": "/run/postgresql", "dbname": "book"},
            "postgresql:///run/postgresql/book",
        ),
        (
            "postgresql://[::1]:5432/book?sslmode=verify-full&sslrootcert=/ca.pem",
            {"host": "::1", "port": "5432", "dbname": "book", "sslmode": "verify-full", "sslrootcert": "/ca.pem"},
            "postgresql://[::1]:5432/book",
        ),
    ),
)
def test_a_server(url: str, parameters: dict[str, str], shown: str) -> None:
    place = read_url(url)
    assert isinstance(place, Server)
    assert dict(place.parameters) == parameters
    assert place.shown == shown


SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "says"),
    (
        (f"trader:{SECRET}@db.example/book", "begins with no scheme"),
        (f"mysql://trader:{SECRET}@db.example/book", "begins with no scheme"),
        (f"postgresql://trader:{SECRET}@db.example", "names no database"),
        (f"postgresql://trader:{SECRET}@db.example/", "names no database"),
        (f"postgresql://trader:{SECRET}@db.example/a/b", "names no database"),
        (f"postgresql://trader:{SECRET}@db.example:port/book", "is no URL with a host and a port"),
        (f"postgresql://trader:{SECRET}@[db.example/book", "is no URL with a host and a port"),
        (f"postgresql://db.example/book?password={SECRET}", "has the option 'password'"),
        (f"postgresql://trader:{SECRET}@db.example/book?options=-c%20fsync=off", "has the option 'options'"),
        (f"sqlite://{SECRET}/journal.db", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:", "names no file"),
        ("", "begins with no scheme"),
    ),
)
def test_what_names_no_place_is_refused_without_being_repeated(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=f"COUNTERPOISE_JOURNAL_URL {says}") as refused:
        read_url(url)
    assert SECRET not in str(refused.value)
    cause = refused.value.__cause__
    assert cause is None or SECRET not in str(cause)


def test_a_place_hides_its_password_wherever_it_is_shown() -> None:
    place = read_url(f"postgresql://trader:{SECRET}@db.example/book")
    assert isinstance(place, Server)
    assert SECRET not in repr(place)
    assert SECRET not in place.shown
    assert place.without_secret(f"FATAL:\n password {SECRET} is wrong") == "FATAL: password *** is wrong"

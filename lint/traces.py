"""Does a file name a machine or a paper nobody has, or switch a check off without saying which?"""

import re
from collections.abc import Iterator

from lint.source import Finding, Source

MACHINE_PATH = re.compile(r"(?<![\w.])/(root|work|home)/\w|\.\./shared\b")
LOCK_FILES = ("requirements.lock", "requirements-bench.lock", "requirements-uv.lock", "package-lock.json", "uv.lock")
HOST = re.compile(r"https?://|--(extra-)?index-url|--find-links")
SWITCH = re.compile(r"#\s*(noqa(?!: ?[A-Z])|type:\s*ignore(?!\[))", re.IGNORECASE)

PAPER = re.compile(r"(?<![\w/.])spec\b(?!/)|\bthe guide\b", re.IGNORECASE)


def machine_paths(source: Source) -> Iterator[Finding]:
    """The repository reads the same on every machine."""
    if source.path.endswith(LOCK_FILES):
        return
    for number, line in enumerate(source.lines, 1):
        found = MACHINE_PATH.search(line)
        if found:
            yield source.at(number, "machine-path", f"{found[0]!r} exists on one machine only")


def lock_hosts(source: Source) -> Iterator[Finding]:
    """A lock file pins what, by hash, not where from; npm's lists homepages, which is no source."""
    name = source.path.rpartition("/")[2]
    if name not in LOCK_FILES:
        return
    for number, line in enumerate(source.lines, 1):
        if '"resolved"' in line if name.endswith(".json") else HOST.search(line):
            yield source.at(number, "lock-host", "a lock file names no host")


def papers(source: Source) -> Iterator[Finding]:
    """What the code and its pages refer to, the reader has too."""
    if not source.inner and not source.path.endswith(".md"):
        return
    for number, line in enumerate(source.lines, 1):
        found = PAPER.search(line)
        if found:
            yield source.at(number, "paper", f"{found[0]!r} is a paper that the reader does not have; say it here")


def bare_switches(source: Source) -> Iterator[Finding]:
    """A check is switched off by its code, for one line."""
    if not source.is_python:
        return
    for number, line in enumerate(source.lines, 1):
        if SWITCH.search(line):
            yield source.at(number, "bare-switch", "name the code that this line switches off")


RULES = (machine_paths, lock_hosts, papers, bare_switches)

"""Does the README's tour come true, command by command, in an empty folder?

A line `$ command` is run by sh; the lines below it are its whole standard output. `…` within a line matches
anything, a line of only `…` any number of lines. A command ends with `# exit 3` when 0 is not what it
should end with. `./dev demo` is what the reader types; here it is the command that it runs.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"
TOUR = re.compile(r"<!-- tour:start -->\n(.*?)<!-- tour:end -->", re.DOTALL)
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EXIT = re.compile(r"\s+# exit (\d+)$")
SECONDS_MAX = 120


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the tour, with what it should print and the code it should end with."""

    command: str
    output: str
    code: int


def steps(page: str) -> tuple[Step, ...]:
    """The commands of all console blocks between the markers, in order."""
    tour = TOUR.search(page)
    assert tour, "README.md has no tour between its markers"
    found: list[Step] = []
    for block in BLOCK.findall(tour[1]):
        head, *commands = re.split(r"^\$ ", block, flags=re.MULTILINE)
        assert not head, f"a console block starts with a command, not with {head!r}"
        for text in commands:
            line, _, output = text.partition("\n")
            ends = EXIT.search(line)
            found.append(Step(EXIT.sub("", line), output, int(ends[1]) if ends else 0))
    return tuple(found)


def matches(expected: str, actual: str) -> bool:
    """Whether `actual` is what the page shows, `…` standing for anything."""
    pattern = ""
    for line in expected.splitlines():
        if line == "…":
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += "[^\n]*".join(re.escape(part) for part in line.split("…")) + "\n"
    if actual and not actual.endswith("\n"):
        actual += "\n"
    return re.fullmatch(pattern, actual) is not None


def run(step: Step, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one command as a reader would, with the environment's commands on the path."""
    command = step.command.replace("./dev demo", "counterpoise demo")
    environment = {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin")),
        "HOME": str(folder),
        "COUNTERPOISE_DATA_DIR": str(folder / "data"),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def test_every_step_of_the_tour_comes_true(tmp_path: Path) -> None:
    tour = steps(README.read_text(encoding="utf-8"))
    assert tour, "the tour has no command"
    for step in tour:
        done = run(step, tmp_path)
        assert done.returncode == step.code, f"$ {step.command}\n{done.stdout}{done.stderr}"
        assert matches(step.output, done.stdout), f"$ {step.command}\nprinted\n{done.stdout}"


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    (
        pytest.param("a\nb\n", "a\nb\n", True, id="word for word"),
        pytest.param("a\nb\n", "a\nc\n", False, id="another word"),
        pytest.param("took … s\n", "took 1.5 s\n", True, id="anything within a line"),
        pytest.param("took … s\n", "took 1\n2 s\n", False, id="not over two lines"),
        pytest.param("…\nend\n", "a\nb\nend\n", True, id="any number of lines"),
        pytest.param("…\nend\n", "end\n", True, id="also none"),
        pytest.param("…\nend\n", "end\nmore\n", False, id="nothing after the end"),
        pytest.param("", "", True, id="silence"),
        pytest.param("", "a\n", False, id="no silence"),
        pytest.param("1+1 (x)\n", "1+1 (x)\n", True, id="signs are themselves"),
    ),
)
def test_an_ellipsis_matches_what_varies_and_nothing_else(*, expected: str, actual: str, same: bool) -> None:
    assert matches(expected, actual) is same


def test_a_block_gives_its_commands_outputs_and_exit_codes() -> None:
    inside = "```console\n$ one\na\n$ two  # exit 3\n```\n"
    page = f"<!-- tour:start -->\n{inside}<!-- tour:end -->\n```console\n$ three\n```\n"
    assert steps(page) == (Step("one", "a\n", 0), Step("two", "", 3))

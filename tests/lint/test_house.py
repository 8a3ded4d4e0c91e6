"""Does every house rule refuse what it is for, and let the right way pass?"""

import textwrap

import pytest

from lint.house import findings, report
from lint.source import Source

CORE = "src/counterpoise/planning/drift.py"
KERNEL = "src/counterpoise/planning/whole_shares.py"
ANALYTICS = "src/counterpoise/analytics/ratios.py"
NUMBERS = "src/counterpoise/domain/numbers.py"
GATE = "src/counterpoise/risk/gate.py"
EXECUTOR = "src/counterpoise/execution/executor.py"
CONTROL = "src/counterpoise/control/account.py"
DECIDE = "src/counterpoise/control/decide.py"
TASKS = "src/counterpoise/control/tasks.py"
ADAPTER = "src/counterpoise/adapters/clocks.py"
WIRING = "src/counterpoise/wiring.py"
ROOT = "src/counterpoise/__init__.py"
TEST = "tests/planning/test_drift.py"
PAGE = "docs/recipes/start.md"

# In two parts, so that the rules do not find them here.
HOME_PATH = "/ho" + "me/anna/book.db"
SHARED_PATH = ".." + "/shared/notes"
NOQA = "# no" + "qa"
IGNORE = "# type: " + "ignore"


def rules(path: str, text: str) -> set[str]:
    """Names of the rules that `text` breaks when it stands in `path`."""
    return {finding.rule for finding in findings(Source(path, textwrap.dedent(text)))}


REFUSED = (
    pytest.param("float", CORE, "x = 0.5", id="float literal"),
    pytest.param("float", CORE, "def f(x: float) -> None: ...", id="float annotation"),
    pytest.param("float", NUMBERS, "x = float('1')", id="float in numbers too"),
    pytest.param("division", CORE, "x = a / b", id="division"),
    pytest.param("division", DECIDE, "x = 1 // b", id="floor division in decide"),
    pytest.param("division", CORE, "x = a % b", id="remainder"),
    pytest.param("division", CORE, "x %= b", id="remainder in place"),
    pytest.param("division", CORE, "x /= 'a'", id="division in place"),
    pytest.param("division", CORE, "x = divmod(a, b)", id="divmod"),
    pytest.param("quantize", CORE, "x = a.quantize(b)", id="quantize"),
    pytest.param("process-dependent", CORE, "x = hash(a)", id="hash"),
    pytest.param("process-dependent", KERNEL, "x = id(a)", id="id"),
    pytest.param("process-dependent", CORE, "import decimal\ndecimal.getcontext().prec = 9", id="getcontext"),
    pytest.param("process-dependent", CORE, "from decimal import localcontext as c\nc()", id="localcontext"),
    pytest.param("ambient", CONTROL, "import time\nx = time.time()", id="time.time"),
    pytest.param("ambient", CONTROL, "from time import monotonic as m\nx = m()", id="monotonic under an alias"),
    pytest.param("ambient", CONTROL, "import datetime as dt\nx = dt.datetime.now(dt.UTC)", id="datetime alias"),
    pytest.param("ambient", CONTROL, "from datetime import date\nx = date.today()", id="today"),
    pytest.param("ambient", CONTROL, "import time\nclock = time.perf_counter", id="a clock handed on, not called"),
    pytest.param("ambient", CONTROL, "import uuid\nx = uuid.uuid4()", id="uuid"),
    pytest.param("ambient", CONTROL, "from uuid import uuid1\nx = uuid1()", id="uuid imported"),
    pytest.param("ambient", CONTROL, "import random\nx = random.choice(a)", id="random"),
    pytest.param("ambient", CONTROL, "from random import Random\nx = Random(1)", id="seeded random"),
    pytest.param("ambient", CONTROL, "import secrets\nx = secrets.token_hex()", id="secrets"),
    pytest.param("ambient", CONTROL, "import os\nx = os.urandom(9)", id="urandom"),
    pytest.param("ambient", ANALYTICS, "import numpy as np\nx = np.random.default_rng(1)", id="numpy"),
    pytest.param("set-order", CONTROL, "for x in {1, 2}:\n    f(x)", id="for over a set"),
    pytest.param("set-order", CONTROL, "x = [f(y) for y in set(z)]", id="comprehension over a set"),
    pytest.param("set-order", CONTROL, "x = {y: 1 for y in frozenset(z)}", id="dict over a set"),
    pytest.param("set-order", CONTROL, "x = list({y for y in z})", id="list of a set comprehension"),
    pytest.param("set-order", CONTROL, "x = tuple(set(z))", id="tuple of a set"),
    pytest.param("set-order", CONTROL, "x = ','.join(set(z))", id="join of a set"),
    pytest.param("set-order", CONTROL, "x = (*set(z),)", id="set unpacked"),
    pytest.param("set-order", CONTROL, "for x in set(a) | b:\n    f(x)", id="union"),
    pytest.param("set-order", CONTROL, "def f(z):\n    y = set(z)\n    return [x for x in y]", id="named set"),
    pytest.param("set-order", CONTROL, "def f(z: set[str]):\n    return tuple(z)", id="set argument"),
    pytest.param("broad-except", CONTROL, "try:\n    f()\nexcept:\n    pass", id="bare except"),
    pytest.param("broad-except", CONTROL, "try:\n    f()\nexcept Exception:\n    pass", id="broad except"),
    pytest.param(
        "broad-except",
        CONTROL,
        "try:\n    f()\nexcept (KeyError, BaseException):\n    pass",
        id="broad in a tuple",
    ),
    pytest.param("task", CONTROL, "asyncio.create_task(f())", id="create_task"),
    pytest.param("task", CONTROL, "loop.create_task(f())", id="create_task of a loop"),
    pytest.param("task", CONTROL, "asyncio.ensure_future(f())", id="ensure_future"),
    pytest.param("task", CONTROL, "asyncio.TaskGroup()", id="TaskGroup"),
    pytest.param("task", CONTROL, "threading.Thread(target=f)", id="Thread"),
    pytest.param("task", CONTROL, "loop.run_in_executor(None, f)", id="run_in_executor"),
    pytest.param("submit", CONTROL, "broker.submit(approved)", id="submit elsewhere"),
    pytest.param("submit", EXECUTOR, "a.submit(x)\nself.brokers[0].submit(y)", id="a second submit"),
    pytest.param("approved", CONTROL, "x = Approved(order)", id="Approved outside the gate"),
    pytest.param("approved", EXECUTOR, "x = gate.Approved(order)", id="Approved through a module"),
    pytest.param("queue", CONTROL, "q = asyncio.Queue()", id="queue"),
    pytest.param("queue", CONTROL, "q = asyncio.PriorityQueue(maxsize=0)", id="queue bounded by 0"),
    pytest.param("queue", CONTROL, "q = queue.LifoQueue(0)", id="stack bounded by 0"),
    pytest.param("queue", CONTROL, "q = SimpleQueue()", id="SimpleQueue"),
    pytest.param("queue", CONTROL, "q = deque()", id="deque"),
    pytest.param("queue", CONTROL, "q = deque(a)", id="deque of something"),
    pytest.param("queue", CONTROL, "q = deque(a, maxlen=None)", id="deque bounded by None"),
    pytest.param("queue", CONTROL, "q = field(default_factory=deque)", id="deque as a default"),
    pytest.param("hidden-import", CONTROL, "x = eval('1')", id="eval"),
    pytest.param("hidden-import", CONTROL, "exec('x = 1')", id="exec"),
    pytest.param("hidden-import", CONTROL, "x = __import__('os')", id="__import__"),
    pytest.param("hidden-import", CONTROL, "x = importlib.import_module('os')", id="import_module"),
    pytest.param("front-door", CONTROL, "import counterpoise", id="the root"),
    pytest.param("front-door", CONTROL, "from counterpoise import Counterpoise", id="a public name"),
    pytest.param("front-door", WIRING, "from counterpoise import __version__", id="the version by the root"),
    pytest.param("later", CONTROL, "raise NotImplementedError", id="NotImplementedError"),
    pytest.param("later", CONTROL, "# TODO: think", id="a note to self"),
    pytest.param("later", CONTROL, "x = 1  # fine for now", id="for now"),
    pytest.param("no-body", CONTROL, 'def f() -> None:\n    """Nothing."""', id="only a docstring"),
    pytest.param("long-function", CONTROL, "def f():\n" + "    x = 1\n" * 60, id="61 lines"),
    pytest.param("long-module", CONTROL, "x = 1\n" * 501, id="501 lines"),
    pytest.param("no-assertion", TEST, "def test_x():\n    f()", id="a test that cannot fail"),
    pytest.param("no-assertion", TEST, "class TestX:\n    async def test_x(self):\n        f()", id="a method"),
    pytest.param("may-not-run", TEST, "@pytest.mark.skip\ndef test_x():\n    assert f()", id="skip mark"),
    pytest.param("may-not-run", TEST, "@pytest.mark.skipif(a, reason='')\ndef test_x():\n    assert f()", id="skipif"),
    pytest.param("may-not-run", TEST, "pytest.importorskip('numpy')", id="importorskip"),
    pytest.param("may-not-run", TEST, "from pytest import xfail\nxfail('x')", id="xfail called by name"),
    pytest.param("may-not-run", TEST, "pytest.param(1, marks=pytest.mark.xfail)", id="xfail on one case"),
    pytest.param("machine-path", PAGE, f"open {HOME_PATH}", id="somebody's home"),
    pytest.param("machine-path", "dev", f"see {SHARED_PATH}", id="a folder beside the repository"),
    pytest.param("paper", CONTROL, '"""Looks it up (spec 05)."""', id="a paper in a docstring"),
    pytest.param("paper", PAGE, "as The guide says", id="a paper in a page"),
    pytest.param("lock-host", "requirements.lock", "x @ https://example.org/x.whl", id="a lock names a host"),
    pytest.param("lock-host", "requirements.lock", "--index-url mirror", id="a lock names an index"),
    pytest.param("lock-host", "web/package-lock.json", '"resolved": "https://example.org/x"', id="npm lock"),
    pytest.param("bare-switch", TEST, f"x = 1  {NOQA}", id="lint off"),
    pytest.param("bare-switch", "bench/gate.py", f"x = 1  {IGNORE}", id="types off"),
)

PASSES = (
    pytest.param(CORE, "x = Decimal('0.5') * a", id="a Decimal"),
    pytest.param(CORE, "x = '%s of %s' % (a, b)", id="text formatting"),
    pytest.param(ANALYTICS, "x = 0.5 / float(a)", id="analytics computes in floats"),
    pytest.param(KERNEL, "x = 0.5 / float(a) // 2 % 3", id="so do planning's kernels"),
    pytest.param(CONTROL, "x = 0.5 / a", id="control is not the core"),
    pytest.param(NUMBERS, "x = (a / b).quantize(c)\nwith localcontext(EXACT):\n    y = 1", id="the home of division"),
    pytest.param(CONTROL, "x = hash(a)", id="hash outside the core"),
    pytest.param(ADAPTER, "import time\nx = time.time()", id="the real clock"),
    pytest.param(WIRING, "import secrets\nx = secrets.token_hex()", id="wiring chooses the real ones"),
    pytest.param("bench/gate.py", "import time\nx = time.perf_counter()", id="a benchmark measures"),
    pytest.param(CONTROL, "x = clock.now()\ny = self.time.monotonic()", id="a clock that was handed in"),
    pytest.param(CONTROL, "from datetime import datetime\nx = datetime.fromisoformat(a)", id="reading a time"),
    pytest.param(CONTROL, "from uuid import UUID\nx = UUID(a)", id="reading an id"),
    pytest.param(CONTROL, "for x in sorted(set(a)):\n    f(x)", id="a sorted set"),
    pytest.param(CONTROL, "x = sorted(y for y in set(a))", id="sorted at once"),
    pytest.param(CONTROL, "x = any(f(y) for y in {1, 2})", id="any of a set"),
    pytest.param(CONTROL, "x = {f(y) for y in set(a)}", id="a set from a set"),
    pytest.param(CONTROL, "def f(y: tuple[str, ...]):\n    return [x for x in y]", id="a tuple"),
    pytest.param(CONTROL, "x = 1 in {1, 2}\nfor y in range(9):\n    f(y)", id="membership"),
    pytest.param(CONTROL, "try:\n    f()\nexcept (KeyError, ValueError):\n    pass", id="named errors"),
    pytest.param(TASKS, "asyncio.create_task(f())", id="the supervisor"),
    pytest.param(ADAPTER, "threading.Thread(target=f)\npool.submit(f)", id="an adapter's own thread"),
    pytest.param(EXECUTOR, "await broker.submit(approved)", id="the one door"),
    pytest.param(GATE, "x = Approved(order)", id="the gate"),
    pytest.param("tests/risk/test_gate.py", "x = Approved(order)", id="a test may compare"),
    pytest.param(CONTROL, "q = asyncio.Queue(maxsize=256)\np = Queue(8)\nd = deque(a, maxlen=9)", id="bounded"),
    pytest.param(ROOT, "x = importlib.import_module('.library', __name__)", id="the lazy root"),
    pytest.param(CONTROL, "class P(Protocol):\n    def f(self) -> int:\n        '''One.'''\n        ...", id="a port"),
    pytest.param(CONTROL, "@overload\ndef f() -> int:\n    '''One.'''", id="an overload"),
    pytest.param(CONTROL, "def f():\n" + "    x = 1\n" * 59, id="60 lines"),
    pytest.param(CONTROL, "x = 1\n" * 500, id="500 lines"),
    pytest.param(TEST, "def test_x():\n    assert f()", id="an assertion"),
    pytest.param(TEST, "def test_x():\n    with pytest.raises(KeyError):\n        f()", id="an expected error"),
    pytest.param(TEST, "def test_x():\n    assert_same_bytes(f())", id="a helper that asserts"),
    pytest.param(TEST, "def helper():\n    f()", id="no test"),
    pytest.param(TEST, "skip = 3", id="a name that only looks like it"),
    pytest.param(PAGE, "see /homepage, docs/work/x and C/home", id="paths of anybody"),
    pytest.param(PAGE, "a specific guide, see https://semver.org/spec/v2.0.0.html", id="a paper that anybody can open"),
    pytest.param(TEST, "spec = spec_from_loader('dev', loader)", id="a module's spec in a test"),
    pytest.param("requirements.lock", "x==1 \\\n    --hash=sha256:00", id="a lock by hashes"),
    pytest.param("web/package-lock.json", '"funding": "https://example.org"', id="a homepage in npm's lock"),
    pytest.param(TEST, f"x = 1  {NOQA}: S101\ny = 2  {IGNORE}[arg-type]", id="switched off by code"),
)


@pytest.mark.parametrize(("rule", "path", "text"), REFUSED)
def test_the_bad_way_is_refused_by_its_rule(rule: str, path: str, text: str) -> None:
    assert rules(path, text) == {rule}


@pytest.mark.parametrize(("path", "text"), PASSES)
def test_the_right_way_passes(path: str, text: str) -> None:
    assert rules(path, text) == set()


def test_a_finding_names_its_place_and_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([Source(CORE, "x = 1\ny = 0.5\n")]) == 1
    assert capsys.readouterr().out == f"{CORE}:2: float the literal 0.5; write Decimal('0.5')\n"


def test_a_clean_file_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([Source(CORE, "x = 1\n")]) == 0
    assert capsys.readouterr().out == ""

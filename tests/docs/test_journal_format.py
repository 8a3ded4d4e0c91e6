"""Does the page on the exported journal say what the exporter writes, enough to prove it without any code of ours?"""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

from counterpoise import verifier
from counterpoise.ledger import export
from counterpoise.ledger.chain import genesis
from counterpoise.ledger.journal import TWIN_KEY, Anchor, draft, sealed
from tests.ledger.samples import AT, deposits

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "journal-format.md").read_text(encoding="utf-8")
ENTRIES = sealed(draft("main", 1, 1, deposits(1, 2)), TWIN_KEY, genesis("main"))


def block(language: str) -> str:
    """The page's one block in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_example_is_what_is_exported() -> None:
    lines = [export.entry_line(entry) for entry in ENTRIES]
    file = [export.first_line("main", 2), *lines, export.last_line(2, ENTRIES[-1].seal)]
    assert block("journal").encode() == b"".join(file)
    assert block("anchors").encode() == export.anchor_line(
        Anchor(account="main", sequence=2, seal=ENTRIES[-1].seal, at=AT)
    )
    assert TWIN_KEY.hex() in PAGE
    assert genesis("main").hex() in PAGE


def test_the_example_is_whole() -> None:
    (noted,) = (json.loads(line) for line in block("anchors").splitlines())
    anchors = [verifier.Anchor(noted["account"], noted["sequence"], bytes.fromhex(noted["seal"]))]
    report = verifier.verify(io.BytesIO(block("journal").encode()), TWIN_KEY, anchors)
    assert (report.ok, report.proved, report.notes) == (True, 2, ())


def test_the_chain_as_the_page_has_it_proves_the_example() -> None:
    names: dict[str, Callable[[list[bytes], str, bytes], int | None]] = {}
    exec(block("python"), names)
    first_bad_entry = names["first_bad_entry"]
    lines = block("journal").encode().splitlines()[1:-1]
    assert first_bad_entry(lines, "main", TWIN_KEY) is None
    assert first_bad_entry([lines[0], lines[1].replace(b'"2"', b'"3"')], "main", TWIN_KEY) == 2
    assert first_bad_entry(lines, "mine", TWIN_KEY) == 1


def test_the_keys_of_the_report_are_listed() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", PAGE.split("`--json` prints")[1], re.MULTILINE)
    assert listed == list(verifier.Report._fields)


def test_the_kinds_whose_shares_are_summed_are_listed() -> None:
    said = re.search(
        r"exactly: to `quantity` of a (.*?), to `amount` of an (.*?), to `amount` \+ `quantity` of an (\w+)",
        PAGE,
        re.DOTALL,
    )
    assert said is not None
    listed = [set(re.findall(r"[A-Z]\w+", kinds)) for kinds in said.groups()]
    assert listed == [
        {kind for kind, moved in verifier.MOVED.items() if moved == fields}
        for fields in (("quantity",), ("amount",), ("amount", "quantity"))
    ]

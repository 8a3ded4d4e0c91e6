"""Does the docs page say what to do about every reason, in today's words?"""

from __future__ import annotations

from pathlib import Path

from counterpoise.domain.decisions import Reason
from counterpoise.risk.reasons import EXPLANATIONS, reasons_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reasons.md"


def test_the_page_is_the_one_that_the_code_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == reasons_page()


def test_every_reason_has_a_meaning_and_a_remedy() -> None:
    assert list(EXPLANATIONS) == list(Reason)
    assert all(text.meaning.endswith(".") and text.remedy.endswith(".") for text in EXPLANATIONS.values())

"""Does docs/planning.md say what the planner can answer? It is written from the enums.

After a change: `python -m tests.planning.test_docs`.
"""

from __future__ import annotations

from pathlib import Path

from counterpoise.domain.plans import OUTCOME_MESSAGES, REASON_SENTENCES, LineReason, Outcome

PAGE = Path(__file__).parents[2] / "docs" / "planning.md"
HEAD = """# What a plan answers

Every plan has one outcome, every line one reason. This page is generated from the code; a test keeps it current.

## Outcomes

| outcome | message |
|---|---|
"""
REASONS = """
`INCOMPLETE` with an unpriced holding trades nothing, because no weight is known; with an unpriced target that is
not held, the other lines trade and its weight stays in cash. `BLOCKED` says "Open orders stand in the way of every
trade" when it comes from the planner and not from the kill switch.

## Reasons of lines

| reason | meaning |
|---|---|
"""


def page() -> str:
    """The page as it should be."""
    outcomes = "".join(f"| `{outcome}` | {OUTCOME_MESSAGES[outcome]} |\n" for outcome in Outcome)
    reasons = "".join(f"| `{reason}` | {REASON_SENTENCES[reason]} |\n" for reason in LineReason)
    return HEAD + outcomes + REASONS + reasons


def test_the_page_lists_every_outcome_and_reason() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

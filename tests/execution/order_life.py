"""Draw the life of an order from its table: `python -m tests.execution.order_life` rewrites docs/order-life.md."""

from pathlib import Path

from counterpoise.domain.orders import TRANSITIONS, OrderEvent, OrderStatus

PAGE = Path(__file__).parents[2] / "docs" / "order-life.md"

HEAD = """# The life of an order

Drawn from `TRANSITIONS` in `domain/orders.py`; `python -m tests.execution.order_life` rewrites this page and a test
compares it. What is not here is illegal and raises `IllegalTransition`.

An order begins INTENDED: its intent is durable before the venue hears of it. That a send is under way is never a
fact, so after a restart every INTENDED order is looked up like an UNKNOWN one. FILLED, CANCELED, EXPIRED and
REJECTED are final for us, yet the venue's executions stay the truth: a fill that crossed a cancel is booked.
"""

MEANING = {
    OrderEvent.REINTENDED: "the same intent again, in a new epoch, after a look-up proved it absent",
    OrderEvent.ACKNOWLEDGED: "the venue says that it has the order",
    OrderEvent.FILLED_PART: "an execution, units are left",
    OrderEvent.FILLED_WHOLE: "an execution, nothing is left",
    OrderEvent.CANCELED: "the venue ended it before it was filled",
    OrderEvent.EXPIRED: "its time in force ran out",
    OrderEvent.REJECTED: "the venue refused it",
    OrderEvent.OUTCOME_UNKNOWN: "no answer, or none that can be read",
}


def render() -> str:
    """The whole page."""
    return "\n".join((HEAD, *diagram(), "", *table(), "", *meanings(), ""))


def diagram() -> list[str]:
    """The changes of status; what leaves a status as it is would only hide them."""
    drawn: dict[tuple[OrderStatus, OrderStatus], list[str]] = {}
    for (before, event), after in TRANSITIONS.items():
        if before is not after:
            drawn.setdefault((before, after), []).append(event)
    arrows = [f"    {before} --> {after}: {', '.join(events)}" for (before, after), events in drawn.items()]
    ends = [f"    {status} --> [*]" for status in OrderStatus if status.is_terminal]
    return ["```mermaid", "stateDiagram-v2", "    [*] --> INTENDED", *arrows, *ends, "```"]


def table() -> list[str]:
    """Status by event; a dash is illegal."""
    head = ["| status | " + " | ".join(OrderEvent) + " |", "|---" * (len(OrderEvent) + 1) + "|"]
    rows = [
        f"| {status} | " + " | ".join(TRANSITIONS.get((status, event), "–") for event in OrderEvent) + " |"
        for status in OrderStatus
    ]
    return head + rows


def meanings() -> list[str]:
    """What each event says."""
    return ["| event | what the facts say |", "|---|---|", *(f"| {event} | {MEANING[event]} |" for event in OrderEvent)]


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")

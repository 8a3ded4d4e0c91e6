"""Does the page about the life of an order say what the table says?"""

from counterpoise.domain.orders import TRANSITIONS
from tests.execution.order_life import PAGE, render


def test_the_page_is_drawn_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == render()


def test_every_change_of_the_table_is_an_arrow() -> None:
    page = render()
    changes = {(before, after) for (before, _), after in TRANSITIONS.items() if before is not after}
    assert all(f"{before} --> {after}: " in page for before, after in sorted(changes))
    assert page.count(" --> ") == len(changes) + 1 + 4

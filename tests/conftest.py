"""What every test stands on: exact numbers, and examples that are the same on every machine."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from counterpoise.domain.numbers import exact

settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.register_profile("search", database=None, deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(autouse=True)
def exact_numbers() -> Iterator[None]:
    """Each test is a door to the core, so it enters the core's number context."""
    with exact():
        yield

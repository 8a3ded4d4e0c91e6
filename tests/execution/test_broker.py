"""Does a start fail when the venue lacks what the account needs?"""

from dataclasses import fields

import pytest

from counterpoise.domain.errors import ConfigurationError
from counterpoise.execution.broker import Capabilities, Capability, require

ALL = Capabilities(venue="all", **{str(capability): True for capability in Capability})


def test_what_is_offered_is_enough() -> None:
    require(ALL, tuple(Capability))
    assert all(getattr(ALL, capability) for capability in Capability)


@pytest.mark.parametrize("capability", list(Capability))
def test_each_missing_capability_is_named(capability: Capability) -> None:
    with pytest.raises(ConfigurationError, match=f"bare does not offer .*: {capability}$"):
        require(Capabilities(venue="bare"), (capability,))


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError, match="shorting, stream"):
        require(
            Capabilities(venue="bare", fractional=True), (Capability.FRACTIONAL, Capability.SHORTING, Capability.STREAM)
        )


def test_credentials_that_may_withdraw_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="may withdraw"):
        require(Capabilities(venue="open", may_withdraw=True), ())


def test_every_capability_is_a_field() -> None:
    names = {item.name for item in fields(Capabilities)}
    assert {str(capability) for capability in Capability} == names - {"venue", "may_withdraw"}

"""Do journals of the past still mean what they meant?"""

import pytest

from counterpoise.ledger.codec import decode, encode
from tests.portfolio.archive import Archive, archives, digest_of


def test_there_is_an_archive_of_today_s_shape() -> None:
    assert archives()


@pytest.mark.parametrize("archive", archives(), ids=lambda archive: archive.name)
def test_an_archived_journal_folds_to_its_digest(archive: Archive) -> None:
    assert digest_of(archive.lines) == archive.digest


@pytest.mark.parametrize("archive", archives(), ids=lambda archive: archive.name)
def test_an_archived_journal_s_bytes_are_those_written_today(archive: Archive) -> None:
    assert all(encode(decode(line)) == line for line in archive.lines)


@pytest.mark.parametrize("archive", archives(), ids=lambda archive: archive.name)
def test_without_one_fact_the_digest_is_another(archive: Archive) -> None:
    fills = [
        place for place, line in enumerate(archive.lines) if b'"kind":"Fee"' in line or b'"kind":"ModeChanged"' in line
    ]
    place = fills[-1]
    assert digest_of((*archive.lines[:place], *archive.lines[place + 1 :])) != archive.digest

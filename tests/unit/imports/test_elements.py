"""What makes two rows equal, and so their ids, holds no number that must not come in."""

from shared.imports.elements import element, entry_of
from shared.imports.rows import Row


def test_an_id_is_made_without_forbidden_numbers() -> None:
    first, second = (entry_of(Row(1, {"card": number})) for number in ("4111111111111111", "5555555555554444"))
    assert first.content == second.content
    ids = [
        element(entry, "src_file", "cards.csv", occurrence)["messageId"]
        for occurrence, entry in ((1, first), (2, second))
    ]
    assert len(set(ids)) == 2

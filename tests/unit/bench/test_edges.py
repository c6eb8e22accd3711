"""The edges that batch stitching is raced over."""

from bench.racing.edges import edges


def test_edges_are_the_same_in_every_run_and_their_people_are_28_percent_as_many() -> None:
    one, other = edges(5_000)
    assert (one, other) == edges(5_000)
    people = len({*one, *other}) - 5_000
    assert 0.26 < people / 5_000 < 0.30

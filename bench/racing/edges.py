"""Edges between ids of generated people: trees of a few ids each, in any order. Seeded: the same in every run."""

import random
from pathlib import Path

GOES_ON = 0.72
"""How likely somebody has one more edge: people are 28% as many as edges, and the largest has some forty ids."""


def edges(number: int) -> tuple[list[int], list[int]]:
    """Both ends of each edge. A person's ids are links of one tree, so edges and people make up the ids."""
    chance = random.Random(6)  # noqa: S311  # the same edges in every run
    links: list[tuple[int, int]] = []
    ids = 0
    while len(links) < number:
        own = [ids]
        while len(links) < number:
            own.append(ids + len(own))
            links.append((chance.choice(own[:-1]), own[-1]))
            if chance.random() > GOES_ON:
                break
        ids += len(own)
    chance.shuffle(links)
    return [one for one, _ in links], [other for _, other in links]


def write(number: int, path: Path) -> None:
    """As texts of some length, as ids of other systems are."""
    import polars as pl

    one, other = edges(number)
    named = {"one": [f"crm-{value:012d}" for value in one], "other": [f"crm-{value:012d}" for value in other]}
    pl.DataFrame(named).write_parquet(path)

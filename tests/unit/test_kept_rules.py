"""Declarations and segments of one reading, in a process with several writers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import Any, cast

from shared.domain.segments.definition import OfTrait, Segment
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept_rules import KeptDeclarations


@dataclass
class Catalogue:
    """The n-th reading finds the segment's n-th version; from the second on each waits until it may go on."""

    reads: int = 0
    goes_on: Event = field(default_factory=Event)

    def list(self, kind: type[Any]) -> Iterator[Any]:
        if kind is Segment:
            self.reads += 1
            if self.reads > 1:
                self.goes_on.wait(10)
            yield Segment("s", "S", OfTrait("city", "text", "exists"), state="live", version=self.reads)


def test_no_writer_goes_by_older_segments_while_another_reads_the_newer_ones() -> None:
    catalogue = Catalogue()
    kept = KeptDeclarations(cast(CatalogueStore, catalogue))
    assert kept.segments().version == 1
    with ThreadPoolExecutor(2) as pool:
        first, second = (pool.submit(lambda: kept.segments(2).version) for _ in range(2))
        for one in (first, second):
            with suppress(NotYetError):
                one.result(0.1)
        catalogue.goes_on.set()
        assert (first.result(), second.result()) == (2, 2)
    assert catalogue.reads == 2


def test_what_a_restored_catalogue_lacks_is_looked_for_once() -> None:
    catalogue = Catalogue()
    catalogue.goes_on.set()
    kept = KeptDeclarations(cast(CatalogueStore, catalogue))
    assert [kept.segments(9).version for _ in range(3)] == [2, 2, 2]

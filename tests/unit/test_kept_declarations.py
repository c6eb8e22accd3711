"""Declarations and segments of one reading, in a process with several writers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import Any, cast

import pytest

from shared.domain.segments.definition import OfTrait, Segment
from shared.stores import kept_declarations
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.kept_declarations import KeptDeclarations


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


@dataclass
class Slow(Catalogue):
    """The second reading alone waits, and what it found is older then."""

    started: Event = field(default_factory=Event)

    def list(self, kind: type[Any]) -> Iterator[Any]:
        if kind is Segment:
            self.reads += 1
            version = self.reads
            if version == 2:
                self.started.set()
                self.goes_on.wait(10)
            yield Segment("s", "S", OfTrait("city", "text", "exists"), state="live", version=version)


def test_a_reading_that_took_long_does_not_replace_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = Slow()
    kept = KeptDeclarations(cast(CatalogueStore, catalogue))
    assert kept.segments().version == 1
    monkeypatch.setattr(kept_declarations, "FRESH", 0.0)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(kept.fresh)
        catalogue.started.wait(10)
        newer = pool.submit(lambda: kept.segments(3).version)
        with suppress(NotYetError):
            newer.result(0.1)
        catalogue.goes_on.set()
        assert slow.result()
        assert newer.result() == 3
    assert kept.segments(3).version == 3


def test_what_is_in_force_is_made_ready_again_where_it_was_changed_alone() -> None:
    catalogue = Unchanged()
    kept = KeptDeclarations(cast(CatalogueStore, catalogue))
    first, reads = kept.segments(), catalogue.reads
    assert kept.segments(9) is first
    assert catalogue.reads == reads + 1
    catalogue.version = 2
    assert kept.segments(10).version == 2


@dataclass
class Unchanged(Catalogue):
    version: int = 1

    def list(self, kind: type[Any]) -> Iterator[Any]:
        if kind is Segment:
            self.reads += 1
            yield Segment("s", "S", OfTrait("city", "text", "exists"), state="live", version=self.version)

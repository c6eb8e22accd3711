"""Every interleaving of workers over DynamoDB: each call is a step, and of a batch read each item is one.

A state that was reached before is not gone through again. Faults are steps too: a transaction refused with
TransactionConflict, and a worker that dies after a write and is started anew with its task.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from tests.fakes.dynamo import FakeDynamo
from tests.fakes.parts import Answer, Item, RefusedError, Tables
from tests.interleaving.workers import Call, Moment, Place, Replay, Worker

Read = Mapping[Place, Item | None]


class Faults(NamedTuple):
    """How many may still happen."""

    conflicts: int = 0
    crashes: int = 0


CALM = Faults()


class Stored(NamedTuple):
    """Tables, and the number that tells them from any others."""

    tables: Tables
    number: int


@dataclass(frozen=True)
class State:
    stored: Stored
    moments: tuple[Moment, ...]
    read: tuple[Read, ...]
    """For each worker, what it has read of the batch that it is reading."""
    faults: Faults

    @property
    def key(self) -> Hashable:
        """Equal for equal states."""
        read = tuple(frozenset((place, id(item)) for place, item in one.items()) for one in self.read)
        standing = tuple(id(moment) if moment.call else None for moment in self.moments)
        return self.stored.number, standing, read, self.faults


class Written(NamedTuple):
    """What a write led to. `sign` tells its answer from any other."""

    stored: Stored
    sign: Hashable
    answer: Answer | RefusedError


class Outcome(NamedTuple):
    """What is there when all workers are done, and the steps of one way that led there."""

    tables: Tables
    steps: list[str]


@dataclass
class Exploration:
    replay: Replay
    workers: Sequence[Worker]
    faults: Faults = CALM
    leaves_none_out: bool = False
    """Whether to step into a batch where nobody is about to write, too: that takes longer and leads nowhere else."""
    states: int = 0
    _items: dict[str, Item] = field(default_factory=dict)
    _numbers: dict[Hashable, int] = field(default_factory=dict)
    _written: dict[Hashable, Written] = field(default_factory=dict)

    def outcomes(self, tables: Tables) -> Iterator[Outcome]:
        """What there is when all workers are done, each once."""
        first = State(
            self._stored(tables, {}),
            tuple(self.replay.begin(worker, worker.task, 0) for worker in self.workers),
            tuple({} for _ in self.workers),
            self.faults,
        )
        ahead, ended = [first], set[int]()
        came_by: dict[Hashable, tuple[Hashable, str] | None] = {first.key: None}
        while ahead:
            state = ahead.pop()
            self.states += 1
            steps = list(self._steps(state))
            if not steps and state.stored.number not in ended:
                ended.add(state.stored.number)
                yield Outcome(state.stored.tables, _way(came_by, state.key))
            for name, after in steps:
                key = after.key
                if key not in came_by:
                    came_by[key] = (state.key, name)
                    ahead.append(after)

    def _steps(self, state: State) -> Iterator[tuple[str, State]]:
        for place, moment in enumerate(state.moments):
            if moment.call is None:
                continue
            name = f"{moment.worker.name}: {moment.call.operation}"
            if moment.call.writes:
                yield from self._write(state, place, moment.call, name)
            else:
                yield from self._read_one(state, place, moment.call, name)
                yield self._read_rest(state, place, moment.call, name)

    def _read_one(self, state: State, place: int, call: Call, name: str) -> Iterator[tuple[str, State]]:
        """One item of a batch, where it matters: before a write of it that another worker is about to make."""
        others = [moment.call for other, moment in enumerate(state.moments) if other != place and moment.call]
        about_to_change = frozenset[Place]().union(*(other.writes for other in others))
        for one in call.reads:
            if (one in about_to_change or self.leaves_none_out) and one not in state.read[place]:
                table, key = one
                read = {**state.read[place], one: state.stored.tables[table].get(key)}
                yield f"{name}, of it {key}", replace(state, read=_with(state.read, place, read))

    def _read_rest(self, state: State, place: int, call: Call, name: str) -> tuple[str, State]:
        view = {table: dict(items) for table, items in state.stored.tables.items()}
        for (table, key), item in state.read[place].items():
            if item is None:
                view[table].pop(key, None)
            else:
                view[table][key] = item
        sign: Hashable = tuple(id(view[table].get(key)) for table, key in call.reads)
        answer: Answer | RefusedError = {}
        if not call.reads or sign not in state.moments[place].then:
            answer = FakeDynamo(view).call(call.operation, call.request)
            sign = sign or repr(answer)
        return name, self._after(state, place, sign, answer)

    def _write(self, state: State, place: int, call: Call, name: str) -> Iterator[tuple[str, State]]:
        done = (id(call), state.stored.number)
        if done not in self._written:
            self._written[done] = self._carried_out(call, state.stored.tables)
        stored, sign, answer = self._written[done]
        written = replace(state, stored=stored)
        yield f"{name} {sign}", self._after(written, place, sign, answer)
        if state.faults.conflicts:
            conflict = _conflict(call)
            left = state.faults._replace(conflicts=state.faults.conflicts - 1)
            yield f"{name} in conflict", self._after(replace(state, faults=left), place, "conflict", conflict)
        if state.faults.crashes and sign == "written":
            left = state.faults._replace(crashes=state.faults.crashes - 1)
            worker = state.moments[place].worker
            anew = self.replay.begin(worker, worker.task, state.faults.crashes)
            yield f"{name}, crash", replace(written, faults=left, moments=_with(state.moments, place, anew))

    def _after(self, state: State, place: int, sign: Hashable, answer: Answer | RefusedError) -> State:
        moment = self.replay.go_on(state.moments[place], sign, answer)
        if moment.call is None and moment.left is not None:
            moment = self.replay.begin(moment.worker, moment.left, state.faults.crashes)
        return replace(state, moments=_with(state.moments, place, moment), read=_with(state.read, place, {}))

    def _carried_out(self, call: Call, before: Tables) -> Written:
        tables = {table: dict(items) for table, items in before.items()}
        try:
            answer = FakeDynamo(tables).call(call.operation, call.request)
        except RefusedError as refused:
            return Written(self._stored(tables, before), (refused.code, repr(refused.reasons)), refused)
        return Written(self._stored(tables, before), "written", answer)

    def _stored(self, tables: Tables, before: Tables) -> Stored:
        """Of equal items one is kept, so that their ids tell tables apart."""
        for name, table in tables.items():
            known = before.get(name, {})
            for key, item in table.items():
                if item is not known.get(key):
                    table[key] = self._items.setdefault(repr(sorted(item.items())), item)
        sign = frozenset((name, key, id(item)) for name, table in tables.items() for key, item in table.items())
        return Stored(tables, self._numbers.setdefault(sign, len(self._numbers)))


def _conflict(call: Call) -> RefusedError:
    if call.operation != "TransactWriteItems":
        return RefusedError("TransactionConflictException", "Transaction is ongoing for the item")
    codes = ["TransactionConflict", *["None"] * (len(call.request["TransactItems"]) - 1)]
    return RefusedError("TransactionCanceledException", "cancelled", reasons=[{"Code": code} for code in codes])


def _with(of: tuple[Any, ...], place: int, one: Any) -> tuple[Any, ...]:
    return (*of[:place], one, *of[place + 1 :])


def _way(came_by: Mapping[Hashable, tuple[Hashable, str] | None], key: Hashable) -> list[str]:
    steps = []
    while (came := came_by[key]) is not None:
        key, step = came
        steps.append(step)
    return steps[::-1]

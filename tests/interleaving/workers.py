"""Workers whose code can be stopped before any call of DynamoDB: it is run anew on the answers that it has had so far.

So a worker needs no thread, and where it stands is plain data.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.fakes.dynamo import fake_client
from tests.fakes.parts import Answer, Key, RefusedError, Request

Place = tuple[str, Key]
"""An item's table and key."""


@dataclass(frozen=True)
class Worker:
    """`run` does a task with the real code, and says what is left of it: None, or the task to go on with.

    What it decides may depend on nothing but its task, the answers it gets, and `Replay.new_id`.
    """

    name: str
    run: Callable[[Any], Hashable | None]
    task: Hashable


@dataclass(frozen=True)
class Call:
    """What a worker asks of DynamoDB next."""

    operation: str
    request: Request

    @property
    def reads(self) -> list[Place]:
        """The items of a batch, which DynamoDB reads one by one."""
        if self.operation != "BatchGetItem":
            return []
        asked = self.request["RequestItems"].items()
        return [(table, _key(key)) for table, wanted in asked for key in wanted["Keys"]]

    @property
    def writes(self) -> frozenset[Place]:
        if self.operation == "TransactWriteItems":
            actions = [action for one in self.request["TransactItems"] for action in one.values()]
        else:
            actions = [self.request] if self.operation in ("PutItem", "UpdateItem", "DeleteItem") else []
        return frozenset((action["TableName"], _key(action.get("Item") or action["Key"])) for action in actions)


def _key(item: Any) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


@dataclass(eq=False)
class Moment:
    """Where a worker stands: the answers it has had, and the call that it makes next; `left` where it makes none."""

    worker: Worker
    life: str
    task: Hashable
    answers: tuple[Answer | RefusedError, ...]
    call: Call | None
    left: Hashable | None
    then: dict[Hashable, "Moment"] = field(default_factory=dict)


class _Paused(BaseException):
    """Stops a worker at a call that has no answer yet. No code of ours catches it."""


class Replay:
    """Runs workers. Everything that a worker did before is run again, so nothing of it may have an effect."""

    def __init__(self) -> None:
        self.client = fake_client(self._answer)
        self._answers: Iterator[Answer | RefusedError] = iter(())
        self._asked: Call | None = None
        self._life, self._ids = "", count(1)
        self._begun: dict[Hashable, Moment] = {}

    def new_id(self) -> str:
        """An id that no other life of a worker has."""
        return f"{self._life}{next(self._ids)}"

    def begin(self, worker: Worker, task: Hashable, life: int) -> Moment:
        """A worker before its first call. Each life of a worker has ids of its own."""
        begun = self._begun.get((worker.name, task, life))
        if begun is None:
            begun = self._run(worker, f"{worker.name}{len(self._begun)}-", task, ())
            self._begun[worker.name, task, life] = begun
        return begun

    def go_on(self, moment: Moment, sign: Hashable, answer: Answer | RefusedError) -> Moment:
        """The worker with one more answer, which `sign` tells from any other."""
        if sign not in moment.then:
            answers = (*moment.answers, answer)
            moment.then[sign] = self._run(moment.worker, moment.life, moment.task, answers)
        return moment.then[sign]

    def _run(self, worker: Worker, life: str, task: Hashable, answers: tuple[Answer | RefusedError, ...]) -> Moment:
        self._answers, self._asked, self._life, self._ids = iter(answers), None, life, count(1)
        try:
            left = worker.run(task)
        except _Paused:
            return Moment(worker, life, task, answers, self._asked, None)
        return Moment(worker, life, task, answers, None, left)

    def _answer(self, operation: str, request: Request) -> Answer:
        answer = next(self._answers, None)
        if answer is None:
            self._asked = Call(operation, request)
            raise _Paused
        if isinstance(answer, RefusedError):
            raise answer
        return answer

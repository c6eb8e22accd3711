"""The door to jobs in the ledger: each an item, written at the version that was read, and beside it its people."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from shared.aws.dynamo import Item, get_item, put_at_version, put_items, query
from shared.domain.jobs import Job
from shared.domain.times import to_text
from shared.stores.catalogue_store import VersionConflictError
from shared.stores.keys import JOBS, job_people_pk, job_people_sk

SCHEMA = 1
_PLAIN = ("kind", "created_by", "created_at", "state", "reason", "tries", "updated_at", "version")
_JSON = ("params", "counts", "position")
PEOPLE_KEPT = timedelta(days=91)
"""Longer than deliveries: of those people a change in bulk is gathered that was held, or is redelivered."""

MOST_LOOKED_THROUGH = 50
"""Of the newest jobs, for those that haven't ended."""


@dataclass(frozen=True, slots=True)
class JobStore:
    """`table` is the deployed name of the ledger."""

    table: str

    def put(self, job: Job, now: datetime) -> Job:
        """The job as it is then. VersionConflictError where it isn't at the version that was read."""
        after = replace(job, version=job.version + 1, updated_at=to_text(now))
        if not put_at_version(self.table, _item(after), job.version):
            raise VersionConflictError(f"job {job.id} isn't at version {job.version}")
        return after

    def find(self, job_id: str) -> Job | None:
        item = get_item(self.table, JOBS, job_id, consistent=True)
        return _job(item) if item else None

    def newest(self, limit: int, before: str = "") -> list[Job]:
        """Up to `limit` jobs, newest first; `before` is the id after which they begin."""
        items = query(self.table, JOBS, last=before, forward=False, consistent=True, page_size=limit + 1)
        return list(islice((_job(item) for item in items if item["sk"] != before), limit))

    def backfill(self, segment_id: str, **params: Any) -> Job | None:
        """The newest one of a segment that hasn't ended, with these parameters."""
        wanted = {"segment": segment_id, **params}.items()
        found = (job for job in self.newest(MOST_LOOKED_THROUGH) if job.kind == "backfill" and job.is_open)
        return next((job for job in found if wanted <= job.params.items()), None)

    def add_people(self, job_id: str, ids: Iterable[str], now: datetime, turn: int = 0) -> None:
        """Profiles that a job is about, each once however often it is added. A later `turn` takes those left out."""
        ends = int((now + PEOPLE_KEPT).timestamp())
        keys = [{"pk": job_people_pk(job_id), "sk": job_people_sk(turn, one)} for one in dict.fromkeys(ids)]
        put_items(self.table, [{**key, "v": SCHEMA, "ttl": ends} for key in keys])

    def people(self, job_id: str, limit: int, after: str = "", turn: int = 0) -> list[str]:
        """Up to `limit` of its profiles of a turn, by id; those behind `after`."""
        start, prefix = job_people_sk(turn, after), job_people_sk(turn, "")
        items = query(
            self.table, job_people_pk(job_id), first=start, last=f"{prefix}~", consistent=True, page_size=limit + 1
        )
        return list(islice((i["sk"].removeprefix(prefix) for i in items if i["sk"] != start), limit))


def _item(job: Job) -> Item:
    return {
        "pk": JOBS,
        "sk": job.id,
        "v": SCHEMA,
        **{name: getattr(job, name) for name in _PLAIN},
        **{name: json.dumps(dict(getattr(job, name)), ensure_ascii=False) for name in _JSON},
        "findings": json.dumps(job.findings, ensure_ascii=False),
    }


def _job(item: Item) -> Job:
    plain = {name: item[name] for name in _PLAIN}
    return Job(
        id=item["sk"],
        **plain,
        **{name: json.loads(item[name]) for name in _JSON},
        findings=tuple(json.loads(item["findings"])),
    )

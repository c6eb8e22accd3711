"""The door to trials of segments in the ledger: each an item, written at the version that was read, gone in a day."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from shared.aws.dynamo import Item, get_item, put_at_version
from shared.domain.segments.definition import Segment
from shared.domain.segments.trials import Trial
from shared.domain.times import from_text
from shared.stores.catalogue_items import of_item, to_item
from shared.stores.catalogue_store import VersionConflictError
from shared.stores.keys import TRIALS

SCHEMA = 1
_PLAIN = ("kind", "created_by", "created_at", "state", "reason", "message", "tries", "version")


@dataclass(frozen=True, slots=True)
class TrialStore:
    """`table` is the deployed name of the ledger."""

    table: str

    def put(self, trial: Trial) -> Trial:
        """The trial as it is then. VersionConflictError where it isn't at the version that was read, or is gone."""
        after = replace(trial, version=trial.version + 1)
        if not put_at_version(self.table, _item(after), trial.version):
            raise VersionConflictError(f"trial {trial.id} isn't at version {trial.version}")
        return after

    def find(self, trial_id: str, now: datetime) -> Trial | None:
        """None for one that is over, too: DynamoDB deletes it some time later."""
        item = get_item(self.table, TRIALS, trial_id, consistent=True)
        found = _trial(item) if item else None
        return None if found is None or found.is_over(now) else found


def _item(trial: Trial) -> Item:
    return {
        "pk": TRIALS,
        "sk": trial.id,
        "v": SCHEMA,
        **{name: getattr(trial, name) for name in _PLAIN},
        "segment_id": trial.segment.id,
        "definition": to_item(trial.segment)["body"],
        "params": json.dumps(dict(trial.params)),
        "result": json.dumps(dict(trial.result)),
        "ttl": int(from_text(trial.expires_at).timestamp()),
    }


def _trial(item: Item) -> Trial:
    segment = of_item(Segment, {"sk": item["segment_id"], "version": 0, "body": item["definition"]})
    plain = {name: item[name] for name in _PLAIN}
    params, result = json.loads(item["params"]), json.loads(item["result"])
    return Trial(id=item["sk"], segment=segment, params=params, result=result, **plain)

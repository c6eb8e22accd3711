"""The door through which people are frozen and unfrozen by operators: the mark and the record of it are one write."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.clients import dynamodb
from shared.aws.dynamo import to_attributes
from shared.domain.profiles import Profile
from shared.domain.times import to_text
from shared.stores.catalogue_store import VersionConflictError
from shared.stores.keys import PROFILE, profile_pk
from shared.stores.recorded_changes import LOST, Change, entry_of


@dataclass(frozen=True, slots=True)
class Freezes:
    """`profiles` and `ledger` are deployed names of tables."""

    profiles: str
    ledger: str

    def put(self, profile: Profile, mark: str, change: Change) -> None:
        """Set `frozen` to the mark, empty for none, at the version that was read; VersionConflictError where others
        were faster. Nothing that the profile says changes, so no fact comes of it.
        """
        values = {":read": profile.version, ":next": profile.version + 1, ":at": to_text(change.at)}
        gone = ["republish_from", "correlation_id", *([] if mark else ["frozen"])]
        sets = "version = :next, updated_at = :at"
        update: dict[str, Any] = {
            "TableName": self.profiles,
            "Key": to_attributes({"pk": profile_pk(profile.id), "sk": PROFILE}),
            "UpdateExpression": f"SET {sets}{', frozen = :mark' if mark else ''} REMOVE {', '.join(gone)}",
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": to_attributes(values | ({":mark": mark} if mark else {})),
        }
        writes: Any = [{"Update": update}, {"Put": entry_of(self.ledger, "profile", profile.id, change)}]
        try:
            dynamodb().transact_write_items(TransactItems=writes)
        except ClientError as error:
            reasons: list[Any] = error.response.get("CancellationReasons", [])
            if {reason["Code"] for reason in reasons} & LOST:
                raise VersionConflictError(f"profile {profile.id} isn't at version {profile.version}") from error
            raise

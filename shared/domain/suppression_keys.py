"""The keys under which erased people are hashed. A new version may come; none ever goes, or they could return."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

_CURRENT = "current"


@dataclass(frozen=True, slots=True)
class SuppressionKeys:
    """`versions` are the keys by version. New suppressions are written under `current`; a look-up asks every one."""

    current: str
    versions: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> "SuppressionKeys":
        """From the text of the secret. ValueError where it has no current version: nobody may be let in then."""
        fields = json.loads(text)
        current = fields.pop(_CURRENT, None)
        if current not in fields:
            raise ValueError("the suppression keys have no current version")
        return cls(current, fields)

    def to_text(self) -> str:
        return json.dumps({_CURRENT: self.current, **self.versions})

    def with_new(self, key: str) -> "SuppressionKeys":
        """With a new version, that is only asked as yet: who doesn't know it would miss what is written under it."""
        version = str(max(int(known) for known in self.versions) + 1)
        return replace(self, versions={**self.versions, version: key})

    def with_newest_in_use(self) -> "SuppressionKeys":
        return replace(self, current=self.newest)

    @property
    def newest(self) -> str:
        return max(self.versions, key=int)

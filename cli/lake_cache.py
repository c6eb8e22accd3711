"""A copy of the lake on this machine: what manifests list, fetched again where its ETag has changed."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
from botocore.exceptions import ClientError

from shared.aws.objects import fetch_file, list_objects
from shared.lake.files import LakeFiles
from shared.lake.opening import SINGLE, lay_tables, quoted

_THREADS = 8
_TRIES = 3


@dataclass(frozen=True, slots=True)
class LakeCache:
    """`folder` holds personal data: only its owner may look into it."""

    lake: LakeFiles
    folder: Path

    def sync(self) -> list[str]:
        """Make the copy equal to the lake; the keys of its events' files."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chmod(self.folder, 0o700)
        for turn in range(_TRIES):
            try:
                return self._sync()
            except ClientError as error:  # compacted or erased between manifest and file: the new manifest tells
                if error.response["Error"]["Code"] != "NoSuchKey" or turn == _TRIES - 1:
                    raise
        return []

    def _sync(self) -> list[str]:
        keys = self._manifests()
        there = {found.key: found.etag for found in self.lake.listed()}
        maps = [file for _, _, file in SINGLE]
        there |= {found.key: found.etag for file in maps for found in list_objects(self.lake.bucket, file)}
        wanted = {key: there.get(key, "") for key in (*keys, *maps) if key in there or key in keys}
        index = self.folder / "index.json"
        have: dict[str, str] = json.loads(index.read_text()) if index.is_file() else {}
        missing = [key for key, etag in wanted.items() if have.get(key) != etag or not self.path(key).is_file()]
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(self._fetch, missing))
        index.write_text(json.dumps(wanted))
        for key in have.keys() - wanted.keys():
            self.path(key).unlink(missing_ok=True)
        return keys

    def _manifests(self) -> list[str]:
        with ThreadPoolExecutor(_THREADS) as pool:
            manifests = pool.map(self.lake.manifest, [partition for partition, _ in self.lake.partitions()])
            return [key for manifest in manifests for key in manifest.keys]

    def _fetch(self, key: str) -> None:
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        fetch_file(self.lake.bucket, key, partial)
        partial.rename(path)

    def path(self, key: str) -> Path:
        return self.folder / key

    def opened(self) -> duckdb.DuckDBPyConnection:
        """The lake's tables over an up-to-date copy."""
        keys = self.sync()
        database = duckdb.connect(config={"autoinstall_known_extensions": False})
        lay_tables(database, self.folder, self.lake.bucket, keys)
        _seal(database, self.folder)
        return database


def _seal(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """From here on a query reads the copy of the lake, no other file of this machine and nothing of the net."""
    database.execute(f"SET allowed_directories = [{quoted(folder)}]")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")

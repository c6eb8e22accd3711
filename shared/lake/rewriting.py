"""A day's files replaced by others that say the same or less: the new file first, then the manifest, in one write."""

import hashlib
from collections.abc import Sequence

from shared.aws.objects import fetch_file, put_file
from shared.lake.columns import EVENT_COLUMNS, listed
from shared.lake.files import File, LakeFiles, Manifest
from shared.lake.scratch import Scratch

TRIES = 5


class LakeContentionError(Exception):
    """Somebody else changed a day's manifest between every read and write."""


def fetch(lake: LakeFiles, space: Scratch, keys: Sequence[str]) -> list[str]:
    """The files as local ones."""
    paths = [space.folder / f"part-{place}.parquet" for place in range(len(keys))]
    for key, path in zip(keys, paths, strict=True):
        fetch_file(lake.bucket, key, path)
    return [str(path) for path in paths]


def rewrite(lake: LakeFiles, space: Scratch, manifest: Manifest, keys: Sequence[str], query: str, file: File) -> bool:
    """Put the rows of `query` in the place of these files of the manifest; no file where there are no rows.

    False where somebody else changed the manifest: then nothing is different. `file` gets a mark by what it replaces.
    """
    path = space.folder / "rewritten.parquet"
    rows = space.write(f"SELECT {listed(EVENT_COLUMNS)} FROM ({query}) ORDER BY pk, sk", path)
    mark = hashlib.sha256("\n".join([*keys, query]).encode()).hexdigest()[:12]
    new = [lake.key(manifest.partition, File(file.hour, file.compacted, mark))] if rows else []
    for key in new:
        put_file(lake.bucket, key, path)
    kept = [key for key in manifest.keys if key not in keys]
    return lake.replace(manifest, (*kept, *new))

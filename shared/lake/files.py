"""The lake's files in the bucket. A day of a source is what its manifest lists, so that it changes in one write.

S3 can't replace several objects at once. Readers (Athena by its symlink format, the command by itself) open only files
of the manifest; a file that none lists isn't there for them, and one that is replaced stays for a day for those who
read the manifest before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

from shared.aws.objects import Listed, delete_objects, find_object, list_objects, put_if, put_object

DATA = "lake/events/"
MANIFESTS = "lake/manifests/events/"
CHANGED = "lake/changed/"
MERGES_FILE = "lake/merges/merges.parquet"
MOVES_FILE = "lake/moves/moves.parquet"
SNAPSHOT_FILE = "lake/profiles/profiles.parquet"
_LIST = "files.txt"
_UNTIL = "until-"
_HOUR = len("2026-11-21T09")


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """The events of a source on a day (of the event's time, UTC)."""

    source: str
    day: str

    @property
    def path(self) -> str:
        return f"source={quote(self.source, safe='')}/day={self.day}/"

    @classmethod
    def of(cls, path: str) -> "Partition":
        """From what begins with its `path`."""
        source, day = path.split("/")[:2]
        return cls(unquote(source.removeprefix("source=")), day.removeprefix("day="))


@dataclass(frozen=True, slots=True)
class File:
    """A Parquet file of a partition, by name: an hour's (`2026-11-21T09.parquet`), or compacted: all until an hour.

    `mark` tells a rewritten file from the one it replaces.
    """

    hour: str
    compacted: bool = False
    mark: str = ""

    @property
    def name(self) -> str:
        return f"{_UNTIL if self.compacted else ''}{self.hour}{'-' if self.mark else ''}{self.mark}.parquet"

    @classmethod
    def of(cls, key: str) -> "File":
        name = key.rpartition("/")[2].removesuffix(".parquet")
        compacted, stem = name.startswith(_UNTIL), name.removeprefix(_UNTIL)
        return cls(stem[:_HOUR], compacted, stem[_HOUR + 1 :])


@dataclass(frozen=True, slots=True)
class Manifest:
    """The keys of a partition's files; `etag` is None where there is no manifest yet."""

    partition: Partition
    keys: tuple[str, ...] = ()
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class LakeFiles:
    bucket: str

    def key(self, partition: Partition, file: File) -> str:
        return f"{DATA}{partition.path}{file.name}"

    def manifest_location(self, partition: Partition) -> str:
        """The folder that Athena reads for a partition."""
        return f"s3://{self.bucket}/{MANIFESTS}{partition.path}"

    def manifest(self, partition: Partition) -> Manifest:
        found = find_object(self.bucket, f"{MANIFESTS}{partition.path}{_LIST}")
        if found is None:
            return Manifest(partition)
        lines = found.body.decode().splitlines()  # none where everybody on that day was erased
        return Manifest(partition, tuple(line.removeprefix(f"s3://{self.bucket}/") for line in lines), found.etag)

    def replace(self, manifest: Manifest, keys: tuple[str, ...]) -> bool:
        """Let readers see these files instead; False where the manifest isn't as it was read any more."""
        body = "\n".join(f"s3://{self.bucket}/{key}" for key in sorted(keys))
        return put_if(self.bucket, f"{MANIFESTS}{manifest.partition.path}{_LIST}", body.encode(), manifest.etag)

    def partitions(self) -> Iterator[tuple[Partition, str]]:
        """Every partition with the ETag of its manifest."""
        for found in list_objects(self.bucket, MANIFESTS):
            yield Partition.of(found.key.removeprefix(MANIFESTS)), found.etag

    def listed(self, partition: Partition | None = None) -> Iterator[Listed]:
        """The objects of a partition, or of all, those among them that no manifest lists (any more)."""
        return list_objects(self.bucket, f"{DATA}{partition.path if partition else ''}")

    # What has changed and is to be compacted: a mark an hour, so that those of other hours survive a compaction.

    def mark_changed(self, partition: Partition, hour: str) -> None:
        put_object(self.bucket, f"{CHANGED}{partition.path}{hour}", b"")

    def changed(self) -> dict[Partition, list[str]]:
        """The marks of each partition that has any."""
        marks: dict[Partition, list[str]] = {}
        for found in list_objects(self.bucket, CHANGED):
            marks.setdefault(Partition.of(found.key.removeprefix(CHANGED)), []).append(found.key)
        return marks

    def forget(self, keys: list[str]) -> None:
        """Delete files or marks."""
        delete_objects(self.bucket, keys)

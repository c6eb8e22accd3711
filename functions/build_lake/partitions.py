"""Days of the lake as partitions of Athena's table: told to Glue before their first file can be seen."""

from functions.build_lake.settings import Doors
from shared.aws.partitions import create_partition
from shared.lake.columns import EVENTS
from shared.lake.files import Partition


def register(doors: Doors, partition: Partition) -> None:
    values = (partition.source, partition.day)
    create_partition(doors.database, EVENTS, values, doors.lake.manifest_location(partition))

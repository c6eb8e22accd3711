"""What Athena knows of the lake: a database with four tables, and a workgroup with encrypted results that expire."""

from aws_cdk import Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from constructs import Construct

from infra.data import Data
from infra.settings import Settings
from shared.lake.columns import (
    EVENT_COLUMNS,
    EVENTS,
    MERGE_COLUMNS,
    MERGES,
    MOVE_COLUMNS,
    MOVES,
    PARTITION_COLUMNS,
    PROFILE_COLUMNS,
    PROFILES,
    Column,
)
from shared.stores.lifecycles import ATHENA

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet."
_TEXT_OUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_SYMLINKS = "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"


class Lake(Construct):
    """`database` is the name that queries use."""

    def __init__(self, scope: Construct, settings: Settings, data: Data) -> None:
        super().__init__(scope, "Lake")
        self._bucket = data.bucket.bucket_name
        self._account = Stack.of(self).account
        self.database = settings.prefix.replace("-", "_")
        made = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=self._account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database, description="The event lake: docs/lake.md"
            ),
        )
        # A partition's folder holds a list of its files, so that a day changes in one write.
        self._table(made, EVENTS, EVENT_COLUMNS, PARTITION_COLUMNS, "lake/manifests/events/", _SYMLINKS, _TEXT_OUT)
        parquet_in, parquet_out = f"{_PARQUET}MapredParquetInputFormat", f"{_PARQUET}MapredParquetOutputFormat"
        self._table(made, MERGES, MERGE_COLUMNS, (), "lake/merges/", parquet_in, parquet_out)
        self._table(made, MOVES, MOVE_COLUMNS, (), "lake/moves/", parquet_in, parquet_out)
        self._table(made, PROFILES, PROFILE_COLUMNS, (), "lake/profiles/", parquet_in, parquet_out)
        self._workgroup(settings)

    def _table(
        self,
        database: glue.CfnDatabase,
        name: str,
        columns: tuple[Column, ...],
        keys: tuple[Column, ...],
        prefix: str,
        input_format: str,
        output_format: str,
    ) -> None:
        table = glue.CfnTable(
            self,
            "".join(word.capitalize() for word in name.split("_")),
            catalog_id=self._account,
            database_name=self.database,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                table_type="EXTERNAL_TABLE",
                parameters={"EXTERNAL": "TRUE", "classification": "parquet"},
                partition_keys=_columns(keys),
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=_columns(columns),
                    location=f"s3://{self._bucket}/{prefix}",
                    input_format=input_format,
                    output_format=output_format,
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=f"{_PARQUET}serde.ParquetHiveSerDe"
                    ),
                ),
            ),
        )
        table.add_dependency(database)

    def _workgroup(self, settings: Settings) -> None:
        athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=settings.prefix,
            recursive_delete_option=not settings.is_production,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{self._bucket}/{ATHENA}",
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_S3"
                    ),
                ),
            ),
        )


def _columns(columns: tuple[Column, ...]) -> list[glue.CfnTable.ColumnProperty]:
    return [glue.CfnTable.ColumnProperty(name=column.name, type=column.athena) for column in columns]

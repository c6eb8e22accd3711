"""Whatever holds data keeps its logical id, its name and its protection."""

from typing import Any

import pytest

from functions.deliver.backoff import MOST_RECEIVES
from infra.destroy import what_stays
from infra.settings import Settings
from shared.stores.tables import QUARANTINE_DAYS, TABLES
from tests.infra.conftest import Template

# A changed logical id makes CloudFormation replace the resource: never change these.
PINNED = {
    "TableEvents": "DynamoDB::Table",
    "TableProfiles": "DynamoDB::Table",
    "TableLedger": "DynamoDB::Table",
    "TableCatalogue": "DynamoDB::Table",
    "TablePrivacy": "DynamoDB::Table",
    "TableQuarantine": "DynamoDB::Table",
    "TableSuppressions": "DynamoDB::Table",
    "TableKept": "DynamoDB::Table",
    "StreamEvents": "Kinesis::Stream",
    "BucketLog": "S3::Bucket",
    "SecretIdentifierKey": "SecretsManager::Secret",
    "SecretSuppressionKeys": "SecretsManager::Secret",
    "SecretReceiptKey": "SecretsManager::Secret",
    "KeyData": "KMS::Key",
    "KeyQuarantine": "KMS::Key",
    "KeyPrivacy": "KMS::Key",
    "KeySuppressions": "KMS::Key",
    "KeyKept": "KMS::Key",
    "QueueStoreRetries": "SQS::Queue",
    "QueueStoreRetriesDeadLetters": "SQS::Queue",
    "QueueStitchRetries": "SQS::Queue",
    "QueueStitchRetriesDeadLetters": "SQS::Queue",
    "QueueImports": "SQS::Queue",
    "QueueImportsDeadLetters": "SQS::Queue",
    "QueuePreviews": "SQS::Queue",
    "QueuePreviewsDeadLetters": "SQS::Queue",
    "QueueJobs": "SQS::Queue",
    "QueueJobsDeadLetters": "SQS::Queue",
    "QueueReevaluations": "SQS::Queue",
    "QueueReevaluationsDeadLetters": "SQS::Queue",
    "QueueDeliveries": "SQS::Queue",
    "QueueDeliveriesDeadLetters": "SQS::Queue",
    "QueueDeliveriesRuleDeadLetters": "SQS::Queue",
}
_REBUILT_ON_AWS = {"BusFacts": "Events::EventBus", "ArchiveFacts": "Events::Archive"}


def _holders(template: Template) -> dict[str, str]:
    kinds = {*PINNED.values(), *_REBUILT_ON_AWS.values()}
    return {name: kind for kind in kinds for name in template.of_type(kind)}


def test_logical_ids_of_what_holds_data_are_pinned(templates: dict[str, Template]) -> None:
    for template in templates.values():
        assert _holders(template) == PINNED | _REBUILT_ON_AWS


def test_production_keeps_what_holds_data_when_its_stack_goes(production: Template) -> None:
    kept = {name for name, found in production.resources.items() if found.get("DeletionPolicy") == "Retain"}
    assert kept == set(PINNED)
    assert {production.resources[name]["UpdateReplacePolicy"] for name in kept} == {"Retain"}


def test_what_stays_of_production_names_every_kind_that_is_kept() -> None:
    said = "\n".join(what_stays(Settings(stage="production")))
    assert [word for word in ("table", "stream", "bucket", "secret", "key", "queues") if word not in said] == []
    assert [table.name for table in TABLES if table.name not in said] == []


@pytest.mark.parametrize("stage", ["local", "dev"])
def test_other_stages_leave_nothing(templates: dict[str, Template], stage: str) -> None:
    policies = {found.get("DeletionPolicy", "Delete") for found in templates[stage].resources.values()}
    assert policies == {"Delete"}


def test_only_production_is_protected_against_deletion(templates: dict[str, Template]) -> None:
    for stage, template in templates.items():
        expected = stage == "production"
        assert bool(template.artifact.get("terminationProtection")) is expected
        protected = {
            found["Properties"]["DeletionProtectionEnabled"] for found in template.of_type("DynamoDB::Table").values()
        }
        assert protected == {expected}


@pytest.mark.parametrize("stage", ["local", "dev", "production"])
def test_the_tables_are_those_of_tables_py(templates: dict[str, Template], stage: str) -> None:
    found = templates[stage].named("DynamoDB::Table", "TableName")
    assert set(found) == {f"jogakbo-{stage}-{table.name}" for table in TABLES}
    for table in TABLES:
        properties = found[f"jogakbo-{stage}-{table.name}"]
        assert [key["AttributeName"] for key in properties["KeySchema"]] == ["pk", "sk"]
        assert properties["BillingMode"] == "PAY_PER_REQUEST"
        assert properties.get("StreamSpecification", {}).get("StreamViewType") == table.stream
        assert properties.get("TimeToLiveSpecification", {}).get("AttributeName") == ("ttl" if table.ttl else None)
        recovery = properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert recovery is (stage != "local")


def test_a_table_is_encrypted_under_the_key_it_names_which_rotates(production: Template) -> None:
    tables = production.named("DynamoDB::Table", "TableName")
    keys = {
        name: table["SSESpecification"]["KMSMasterKeyId"]["Fn::GetAtt"][0]
        for name, table in tables.items()
        if "SSESpecification" in table
    }
    own = {table.name: table.own_key for table in TABLES if table.own_key}
    assert keys == {f"jogakbo-production-{name}": f"Key{key.capitalize()}" for name, key in own.items()}
    assert {"events", "profiles", "ledger", "quarantine", "suppressions"} <= set(own)
    assert all(production.resources[key]["Properties"]["EnableKeyRotation"] for key in keys.values())


def test_the_bucket_is_encrypted_under_the_data_key_which_it_asks_for_seldom(templates: dict[str, Template]) -> None:
    for template in templates.values():
        encryption = template.resources["BucketLog"]["Properties"]["BucketEncryption"]
        (rule,) = encryption["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": {"Fn::GetAtt": ["KeyData", "Arn"]},
        }
        assert rule["BucketKeyEnabled"] is True


def test_the_keys_of_suppression_start_with_a_first_version(production: Template) -> None:
    made = production.resources["SecretSuppressionKeys"]["Properties"]
    assert made["Name"] == "jogakbo/production/suppression-keys"
    assert made["GenerateSecretString"]["SecretStringTemplate"] == '{"current": "1"}'
    assert made["GenerateSecretString"]["GenerateStringKey"] == "1"


def test_the_stream_keeps_seven_days_encrypted_and_scales_by_itself(production: Template) -> None:
    (stream,) = production.named("Kinesis::Stream", "Name").values()
    assert stream["RetentionPeriodHours"] == 7 * 24
    assert stream["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert stream["StreamEncryption"]["EncryptionType"] == "KMS"


def test_objects_expire_by_prefix(production: Template) -> None:
    rules = production.resources["BucketLog"]["Properties"]["LifecycleConfiguration"]["Rules"]
    kept = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules}
    assert kept == {
        "log/": 14,
        "outcomes/": 14,
        "quarantine/": QUARANTINE_DAYS,
        "aws/lambda/": 30,
        "imports/": 30,
        "import-progress/": 14,
        "lake/profiles/": 8,
        "lake/erasures/": 15,
        "athena/": 7,
        "exports/": 30,
        "outbound/": 30,
    }


def test_the_bucket_tells_the_imports_queue_and_no_other_of_files_below_imports(production: Template) -> None:
    bucket = production.resources["BucketLog"]
    (told,) = bucket["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Queue"] == {"Fn::GetAtt": ["QueueImports", "Arn"]}
    assert told["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "imports/"}]
    policies = production.of_type("SQS::QueuePolicy")
    [policy] = [name for name, found in policies.items() if found["Properties"]["Queues"] == [{"Ref": "QueueImports"}]]
    assert policy in bucket["DependsOn"]
    allowed = [s for s in policies[policy]["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert [(s["Principal"], s["Action"], s["Condition"]) for s in allowed] == [
        (
            {"Service": "s3.amazonaws.com"},
            "sqs:SendMessage",
            {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        )
    ]


def test_every_queue_is_encrypted_and_every_work_queue_has_dead_letters(production: Template) -> None:
    for name, found in production.of_type("SQS::Queue").items():
        properties: dict[str, Any] = found["Properties"]
        assert properties["SqsManagedSseEnabled"] is True
        if name.endswith("DeadLetters"):
            assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600
        else:
            assert properties["RedrivePolicy"]["maxReceiveCount"] == MOST_RECEIVES

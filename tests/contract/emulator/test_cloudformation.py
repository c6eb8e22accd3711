"""What CloudFormation declares is there on the emulator, and an update keeps data."""

from typing import Any

from tests.contract.emulator.support import Emulator, Template, table, until


def global_table(**properties: Any) -> Template:
    return {**table(Replicas=[{"Region": "us-east-1"}], **properties), "Type": "AWS::DynamoDB::GlobalTable"}


def time_to_live(emulator: Emulator, name: str) -> dict[str, str]:
    answer: dict[str, str] = emulator.client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return answer


TTL = {"AttributeName": "ttl", "Enabled": True}
NAME = {"Name": {"Ref": "Table"}}


def test_a_table_gets_its_time_to_live_when_it_is_made(emulator: Emulator) -> None:
    for resource in (table(TimeToLiveSpecification=TTL), global_table(TimeToLiveSpecification=TTL)):
        name = emulator.deploy({"Table": resource}, outputs=NAME)["Name"]
        assert time_to_live(emulator, name) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}


def test_an_update_sets_the_time_to_live_and_takes_it_away(emulator: Emulator) -> None:
    name = emulator.deploy({"Table": table()}, "ttl", NAME)["Name"]
    emulator.deploy({"Table": table(TimeToLiveSpecification=TTL)}, "ttl")
    assert time_to_live(emulator, name)["TimeToLiveStatus"] == "ENABLED"
    emulator.deploy({"Table": table(Tags=[{"Key": "a", "Value": "b"}])}, "ttl")
    assert time_to_live(emulator, name)["TimeToLiveStatus"] == "DISABLED"


def test_an_updated_global_table_keeps_its_name_and_items(emulator: Emulator) -> None:
    name = emulator.deploy({"Table": global_table()}, "global", NAME)["Name"]
    emulator.client("dynamodb").put_item(TableName=name, Item={"pk": {"S": "kept"}})
    changed = global_table(TimeToLiveSpecification=TTL, StreamSpecification={"StreamViewType": "NEW_IMAGE"})
    assert emulator.deploy({"Table": changed}, "global", NAME)["Name"] == name
    assert emulator.client("dynamodb").scan(TableName=name)["Items"] == [{"pk": {"S": "kept"}}]


def test_a_reference_to_a_secret_is_its_arn(emulator: Emulator) -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "referred", "SecretString": "one"}}
    arn = emulator.deploy({"Secret": secret}, "secret", {"Arn": {"Ref": "Secret"}})["Arn"]
    assert arn.startswith("arn:aws:secretsmanager:us-east-1:000000000000:secret:referred-")
    assert emulator.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"] == "one"


def test_a_secret_is_updated_in_place_and_goes_with_its_stack(emulator: Emulator) -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "changed", "SecretString": "one"}}
    output = {"Arn": {"Ref": "Secret"}}
    arn = emulator.deploy({"Secret": secret}, "secret-change", output)["Arn"]
    described = {**secret["Properties"], "Description": "described"}
    assert emulator.deploy({"Secret": {**secret, "Properties": described}}, "secret-change", output)["Arn"] == arn
    secrets = emulator.client("secretsmanager")
    assert secrets.describe_secret(SecretId=arn)["Description"] == "described"
    emulator.client("cloudformation").delete_stack(StackName="secret-change")
    until(lambda: "changed" not in [entry["Name"] for entry in secrets.list_secrets()["SecretList"]])


def archive(name: str, retention_days: int) -> Template:
    return {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": name}},
        "Archive": {
            "Type": "AWS::Events::Archive",
            "Properties": {
                "ArchiveName": name,
                "SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]},
                "EventPattern": {"source": ["jogakbo"]},
                "RetentionDays": retention_days,
            },
        },
    }


def test_an_archive_of_a_stack_keeps_the_events_of_its_pattern(emulator: Emulator) -> None:
    emulator.deploy(archive("kept", 7))
    events = emulator.client("events")
    for source in ("jogakbo", "another"):
        entry = {"EventBusName": "kept", "Source": source, "DetailType": "Profile Created", "Detail": "{}"}
        events.put_events(Entries=[entry])
    assert until(lambda: events.describe_archive(ArchiveName="kept")["EventCount"]) == 1


def test_an_archive_is_changed_and_removed_with_its_stack(emulator: Emulator) -> None:
    emulator.deploy(archive("changed", 7), "archive")
    emulator.deploy(archive("changed", 3), "archive")
    events = emulator.client("events")
    assert events.describe_archive(ArchiveName="changed")["RetentionDays"] == 3
    emulator.client("cloudformation").delete_stack(StackName="archive")
    until(lambda: "changed" not in [found["ArchiveName"] for found in events.list_archives()["Archives"]])


def test_a_stack_with_types_that_have_no_effect_here_deploys(emulator: Emulator) -> None:
    emulator.deploy(
        {
            "Budget": {"Type": "AWS::Budgets::Budget", "Properties": {"Budget": {"BudgetType": "COST"}}},
            "Alarm": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": "FALSE"}},
            "Query": {"Type": "AWS::Logs::QueryDefinition", "Properties": {"Name": "q", "QueryString": "fields @m"}},
        }
    )

"""What ministack 1.5.33 lacks and our stack needs, one function per gap. Each has a test in tests/contract/emulator."""

from local.emulator.patches.buses import keep_policies_of_buses, put_events_on_buses_of_other_accounts
from local.emulator.patches.events import archive_events_from_cloudformation
from local.emulator.patches.http_api import answer_cors_from_cloudformation, hand_on_binary_bodies_intact
from local.emulator.patches.iam import (
    check_partiql_statements_one_by_one,
    name_batches_of_messages_by_their_single_action,
    take_every_request_for_encrypted,
)
from local.emulator.patches.placeholders import accept_types_without_an_effect_here
from local.emulator.patches.secrets import refer_to_secrets_by_arn
from local.emulator.patches.streams import run_stream_mappings_like_lambda
from local.emulator.patches.tables import (
    apply_time_to_live,
    put_partiql_inserts_on_the_stream,
    update_global_tables_in_place,
)
from local.emulator.patches.warm_invoke import do_not_wait_for_a_log_line

PATCHES = (
    do_not_wait_for_a_log_line,
    answer_cors_from_cloudformation,
    hand_on_binary_bodies_intact,
    refer_to_secrets_by_arn,
    apply_time_to_live,
    update_global_tables_in_place,
    put_partiql_inserts_on_the_stream,
    archive_events_from_cloudformation,
    put_events_on_buses_of_other_accounts,
    keep_policies_of_buses,
    accept_types_without_an_effect_here,
    run_stream_mappings_like_lambda,
    take_every_request_for_encrypted,
    check_partiql_statements_one_by_one,
    name_batches_of_messages_by_their_single_action,
)


def apply_all() -> None:
    for patch in PATCHES:
        patch()

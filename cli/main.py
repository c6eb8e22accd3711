"""The `jogakbo` command: sets up a deployment, configures it, reads from it and repairs it."""

import typer

from cli import (
    commands_config,
    commands_configure,
    commands_destination_add,
    commands_destinations,
    commands_duplicates,
    commands_erasures,
    commands_events,
    commands_identity,
    commands_import,
    commands_jobs,
    commands_lake,
    commands_ledger,
    commands_opendsr,
    commands_operate,
    commands_partners,
    commands_privacy,
    commands_quarantine,
    commands_read,
    commands_requests,
    commands_segment_life,
    commands_segment_people,
    commands_segment_previews,
    commands_segment_queries,
    commands_segment_sql,
    commands_segments,
    commands_sources,
    commands_suppressions,
    commands_undo,
    webhooks,
)
from cli.access import Commands

app = typer.Typer(name="jogakbo", help=__doc__, cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)

app.command("init")(commands_configure.init)
app.command("import")(commands_import.import_command)
app.command("smoke")(commands_operate.smoke_command)
app.command("ledger")(commands_ledger.ledger_command)
app.command("redrive")(commands_operate.redrive_command)
app.command("rebuild")(commands_jobs.rebuild)
app.command("verify")(commands_jobs.verify)
app.command("freeze")(commands_jobs.freeze)
app.command("unfreeze")(commands_jobs.unfreeze)
app.add_typer(commands_jobs.jobs, name="jobs")
app.command("split")(commands_undo.split)
app.command("merge")(commands_undo.merge)
app.command("undo")(commands_undo.undo)
app.add_typer(commands_undo.links, name="links")
app.command("export")(commands_config.export)
app.command("plan")(commands_config.plan)
app.command("apply")(commands_config.apply)
commands_sources.source.command("webhook")(webhooks.source_webhook)
app.add_typer(commands_sources.source, name="source")
app.add_typer(commands_configure.token, name="token")
commands_destinations.destination.command("add")(commands_destination_add.destination_add)
app.add_typer(commands_destinations.destination, name="destination")
app.add_typer(commands_destinations.deliveries, name="deliveries")
commands_read.profile.command("lineage")(commands_privacy.lineage)
app.add_typer(commands_read.profile, name="profile")
commands_segments.segment.command("publish")(commands_segment_life.publish)
commands_segments.segment.command("pause")(commands_segment_life.pause)
commands_segments.segment.command("archive")(commands_segment_life.archive)
commands_segments.segment.command("import")(commands_segment_queries.import_query)
commands_segments.segment.command("export")(commands_segment_queries.export_query)
commands_segments.segment.command("preview")(commands_segment_previews.preview)
commands_segments.segment.command("dry-run")(commands_segment_previews.dry_run)
commands_segments.segment.command("sql")(commands_segment_sql.sql)
commands_segments.segment.command("members")(commands_segment_people.members)
commands_segments.segment.command("sizes")(commands_segment_people.sizes)
app.add_typer(commands_segments.segment, name="segment")
app.add_typer(commands_partners.partner, name="partner")
app.command("data-flows")(commands_privacy.data_flows)
app.command("tail")(commands_events.tail)
app.command("trace")(commands_events.trace_command)
app.command("replay")(commands_events.replay_command)
app.command("dry-run")(commands_events.dry_run_command)
app.command("sql")(commands_lake.sql)
app.add_typer(commands_lake.lake, name="lake")
app.add_typer(commands_identity.identity, name="identity")
app.add_typer(commands_opendsr.opendsr, name="opendsr")
commands_requests.privacy.command("receipt")(commands_erasures.receipt)
commands_requests.privacy.command("reapply")(commands_erasures.reapply)
app.add_typer(commands_requests.privacy, name="privacy")
app.add_typer(commands_quarantine.quarantine, name="quarantine")
app.add_typer(commands_suppressions.suppressions, name="suppressions")
commands_duplicates.duplicates.command("accept")(commands_undo.accept)
commands_duplicates.duplicates.command("reject")(commands_undo.reject)
app.add_typer(commands_duplicates.duplicates, name="duplicates")

if __name__ == "__main__":
    app()

"""Commands for those who answer for people's data."""

from pathlib import Path
from typing import Annotated

import typer

from cli.access import console
from cli.api import ApiUrl, Body, Identifier, Local, Token, api_of, path_of
from cli.printing import table_of

_FLOWS = "/v1/privacy/data-flows"


def data_flows(
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    html: Annotated[Path | None, typer.Option(help="Write a page that stands by itself")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As the API answers")] = False,
) -> None:
    """The register of data flows: what goes where, what for, how often; what isn't declared first."""
    api = api_of(api_url, api_token, outputs)
    if html:
        html.write_text(api.page(_FLOWS))
        console.print(f"Wrote {html}.", soft_wrap=True)
        return
    told = api.get(_FLOWS)
    if as_json:
        console.print_json(data=told)
        return
    table = table_of("destination", "field", "source", "purposes", "region", "times", "last", "stands out")
    for one in told["flows"]:
        of_flow = (one["destination_id"], one["field"], one["source_id"] or "any", ", ".join(one["purposes"]))
        how = (one["region"] or "", str(one["count"]), one["last"] or "never", ", ".join(one["undeclared"]))
        table.add_row(*of_flow, *how)
    console.print(table)


def lineage(
    identifier: Identifier,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    field: Annotated[str, typer.Option(help="One field, e.g. traits.city or identifiers.email")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As the API answers")] = False,
) -> None:
    """Where a person's data lie, since when and until when, and who was given what."""
    api = api_of(api_url, api_token, outputs)
    told = api.get(path_of(api, identifier, "lineage"), {"field": field} if field else None)
    if as_json:
        console.print_json(data=told)
        return
    if field:
        _print_origins(told)
    else:
        _print_stores(told)
    _print_destinations(told)
    if not told["complete"]:
        console.print("There is more than is read: counts are too low.")


def _print_stores(told: Body) -> None:
    stores = table_of("store", "what", "how many", "until")
    for one in told["stores"]:
        stores.add_row(
            one["store"], one["what"], str(one["count"] if one["count"] is not None else ""), one["until"] or ""
        )
    console.print(stores)
    sources = table_of("source", "events", "first", "last", "expire from", "to")
    for one in told["sources"]:
        names = ("source_id", "events", "first", "last", "expires_first", "expires_last")
        sources.add_row(*(str(one[name]) for name in names))
    console.print(sources)


def _print_origins(told: Body) -> None:
    origins = table_of("from", "time", "mapping", "event")
    for one in told["origins"]:
        mapping = told["mappings"].get(one["source_id"], "")
        origins.add_row(one["source_id"], one["time"], mapping, one["event"] or "")
    console.print(origins)
    for word, name in (("May go to", "needed_by"), ("for", "purposes"), ("on the basis of", "bases")):
        console.print(f"{word}: {', '.join(told[name]) or 'none'}", soft_wrap=True)


def _print_destinations(told: Body) -> None:
    destinations = table_of("destination", "field", "times", "first", "last", "purposes")
    for one in told["destinations"]:
        for flow in one["fields"]:
            times = (str(flow["count"]), flow["first"], flow["last"])
            destinations.add_row(one["destination_id"], flow["field"], *times, ", ".join(one["purposes"]))
    console.print(destinations)

"""Commands for those who answer for people's data."""

from pathlib import Path
from typing import Annotated

import typer

from cli.access import console
from cli.api import ApiUrl, Local, Token, api_of
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

"""The register of data flows as a page that stands by itself: nothing is loaded, and it prints."""

from html import escape

from shared.contracts.data_flows import DataFlowsView, DataFlowView
from shared.domain.data_flows import Undeclared

_WHY: dict[Undeclared, str] = {
    "destination_unknown": "This destination isn't configured any more.",
    "destination_disabled": "This destination is disabled.",
    "field_not_configured": "This destination may not get this field any more.",
    "no_purpose": "This destination has no purpose: it gets people's data whatever they decided.",
    "purpose_unknown": "A purpose of this destination isn't configured: nobody said what it means.",
    "source_unknown": "The source isn't configured any more.",
    "no_tracking_plan": "The source has no tracking plan: nobody said what it may send.",
}
_COLUMNS = ("Source", "Field", "Destination", "Purposes", "Basis", "Region", "Kept there", "Kept here", "Times", "Last")
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --flag: #b3261e; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } p { margin: .3rem 0 1rem; }
div { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; }
tr.undeclared td:first-child { border-left: .25rem solid var(--flag); }
tr.undeclared strong { color: var(--flag); display: block; font-weight: 600; }
@media print { body { margin: 0; max-width: none; font-size: 10px; } }
"""


def page(told: DataFlowsView) -> str:
    """HTML."""
    many = f"{told.undeclared} of {len(told.flows)} stand out" if told.undeclared else "all of them are as declared"
    head = "".join(f'<th scope="col">{column}</th>' for column in _COLUMNS)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Data flows of {escape(told.stage)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Data flows of {escape(told.stage)}</h1>"
        f"<p>From {escape(told.region)}, as of {escape(told.generated_at)}. {len(told.flows)} flows; {many}.</p>"
        f"<div><table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, told.flows))}</tbody></table></div>"
        "</main></body></html>\n"
    )


def _row(flow: DataFlowView) -> str:
    why = "".join(f"<strong>{escape(_WHY[reason])}</strong>" for reason in flow.undeclared)
    cells = (
        flow.source_id or "any",
        flow.field,
        flow.destination_id,
        ", ".join(flow.purposes) or "none",
        ", ".join(flow.bases) or "none",
        flow.region or "not said",
        flow.retention or "not said",
        f"{flow.kept_days} days" if flow.kept_days else "",
        str(flow.count),
        f"{flow.last[:16].replace('T', ' ')} UTC" if flow.last else "never",
    )
    first, second, *others = map(escape, cells)
    rest = "".join(f"<td>{cell}</td>" for cell in others)
    mark = ' class="undeclared"' if why else ""
    return f"<tr{mark}><td>{first}</td><td>{second}{why}</td>{rest}</tr>"

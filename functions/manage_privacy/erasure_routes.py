"""The route of receipts of erasures: what was found, that nothing is left, what remains until when."""

from functions.manage_privacy.request_routes import RequestId
from functions.manage_privacy.routing import app, described, reader
from functions.manage_privacy.settings import doors
from shared.api.problems import ProblemError
from shared.contracts.privacy import ErasureReceiptView
from shared.contracts.problems import Problem


@app.get(
    "/v1/privacy/requests/<request_id>/receipt",
    **described("get_erasure_receipt", "The signed receipt of an erasure", 404),
)
def get_erasure_receipt(request_id: RequestId) -> ErasureReceiptView:
    """It names nobody. As JSON with sorted keys and no blanks, without `signature`, it is what was signed."""
    reader()
    found = doors().receipts.find(request_id)
    if found is None:
        raise ProblemError(Problem.of(404, "receipt_not_found", "No erasure of this id has ended."))
    return ErasureReceiptView.model_validate(found)

"""Privacy requests as the API tells them."""

from functions.manage_privacy.routing import Actor, app
from shared.api.auditing import about
from shared.contracts.privacy import PrivacyRequestView
from shared.domain.masking import MASK, masked_text
from shared.domain.privacy_requests import PrivacyRequest, deadline

_OWN = ("identities", "params", "deadline")


def view(request: PrivacyRequest, actor: Actor) -> PrivacyRequestView:
    """What names the person is masked where the actor may not see it."""
    if request.profile_id:
        about(app, request.profile_id)
    params = dict(request.params)
    if "traits" in params and not actor.sees_traits:
        params["traits"] = dict.fromkeys(params["traits"], MASK)
    identities = [
        f"{one.namespace}:{one.value if actor.sees_values else masked_text(one.value)}" for one in request.identities
    ]
    told = {name: getattr(request, name) for name in PrivacyRequestView.model_fields if name not in _OWN}
    return PrivacyRequestView(**told, identities=identities, params=params, deadline=deadline(request, actor.now))

"""Undoing a command from its page in the admin."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from runtime import services
from runtime.admin_commands import page_of
from runtime.bus.connections import RedisUnavailableError
from runtime.permissions import role_needed
from runtime.protocol.answers import Outcome
from runtime.protocol.commands import InvalidCommandError
from runtime.protocol.payloads import CommandName
from runtime.services import Order, QueueFullError
from settingsapp.accounts import identity_of, role_of

PATIENCE_SECONDS: Final = 5.0


@require_POST
def roll_back(request: HttpRequest) -> HttpResponse:
    """Ask the engine to undo the command named `id`, and tell on that one's page what became of it."""
    role, identity = role_of(request.user), identity_of(request.user)
    if identity is None or role is None or not role.permits(role_needed(CommandName.ROLLBACK)):
        raise PermissionDenied
    command_id = request.POST.get("id", "")
    order = Order(CommandName.ROLLBACK, {"commandId": command_id})
    try:
        sent, result = services.send_and_wait(
            identity.sub, order, source="admin", issued_by=request.user.get_username(), seconds=PATIENCE_SECONDS
        )
    except (InvalidCommandError, QueueFullError, RedisUnavailableError) as error:
        messages.error(request, f"Nothing was sent: {error}")
    else:
        _tell(request, sent.id, dict(result) if result else None)
    return HttpResponseRedirect(page_of(command_id))


def _tell(request: HttpRequest, rollback_id: str, result: dict[str, Any] | None) -> None:
    if result is None:
        text = f"The rollback ({rollback_id}) is queued and has not ended yet; the history shows what becomes of it."
        messages.warning(request, text)
        return
    said = str(result.get("message", ""))
    tell = messages.success if result.get("outcome") == Outcome.SUCCEEDED else messages.error
    tell(request, f"Rollback {result.get('outcome')}: {said}")

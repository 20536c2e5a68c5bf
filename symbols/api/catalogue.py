"""The catalogue over HTTP. Paths lie below `/api/v1/symbols/`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.http_errors import ApiError, read_sub_of, require_role, sub_of
from settingsapp.schema.effective import enabled_exchanges
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.validation import InvalidSettingsError
from settingsapp.schema.wording import sentence
from symbols import lookup, refreshing
from symbols.lookup import UnknownExchangeError, UnknownSymbolError
from symbols.searching import LONGEST

router = Router(tags=["symbols"])

MOST_FOUND: Final = 100
Text = Annotated[str, Query(max_length=LONGEST * 3)]


class RefreshIn(Schema):
    """Which exchange to read; all enabled ones without."""

    model_config = ConfigDict(extra="forbid")

    exchange: str | None = None


@router.get("search", summary="Instruments by what one types")
def search(
    request: HttpRequest,
    q: Text,
    exchange: Annotated[str, Query(max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_FOUND)] = 20,
) -> dict[str, Any]:
    """The best matches first: `btcusd`, `BTC-USD`, `BTC/USDT` and `btc` all find what they mean, in the enabled
    exchanges unless one is named. `symbol` is as the watchlist writes it. What is traded no more comes last.
    """
    sub = read_sub_of(request)
    with _told():
        return {"results": [hit.body() for hit in lookup.search(sub, q, limit, exchange)], "next": None}


@router.get("metrics", summary="What is known of one instrument's market")
def metrics(request: HttpRequest, symbol: Text) -> dict[str, Any]:
    """`stale` where the prices are older than five minutes: then newer ones are being asked for."""
    sub = read_sub_of(request)
    with _told():
        return lookup.metrics(sub, symbol, _now_ms()).body()


@router.get("refresh", summary="How the reading of each exchange's instruments stands")
def refresh_states(request: HttpRequest) -> dict[str, Any]:
    sub = read_sub_of(request)
    with _told():
        now_ms = _now_ms()
        return {"results": [refreshing.state_of(name, now_ms).body() for name in _enabled(sub)], "next": None}


@router.post("refresh", summary="Read the exchanges' instruments anew", response={202: Any})
def refresh(request: HttpRequest, wanted: RefreshIn | None = None) -> Status[Any]:
    """It goes on by itself; GET tells how far it is. What an exchange trades no more is marked, never deleted."""
    sub = sub_of(request)
    require_role(request, Role.OPERATOR)
    with _told():
        enabled = _enabled(sub)
        chosen = [wanted.exchange] if wanted and wanted.exchange else enabled
        if unknown := [name for name in chosen if name not in enabled]:
            there = ", ".join(enabled) or "none"
            raise _invalid("exchange", f"{unknown[0][:40]} is not enabled in the settings; enabled are: {there}")
        begun = refreshing.refresh_in_background(chosen, _now_ms())
    return Status(202, {"results": [one.body() for one in begun], "next": None})


def _enabled(sub: str) -> list[str]:
    return list(enabled_exchanges(services.read(sub).document))


def _now_ms() -> int:
    return int(time.time() * 1000)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except UnknownExchangeError as error:
        raise _invalid("exchange", str(error)) from None
    except UnknownSymbolError as error:
        raise ApiError(404, "unknown_symbol", sentence(error)) from None
    except InvalidSettingsError as error:
        raise ApiError(409, "invalid_settings", "The saved settings can't be read.", error.problems) from None


def _invalid(path: str, message: str) -> ApiError:
    return ApiError(422, "invalid", "Parts of the request are not as they should be.", [FieldProblem(path, message)])

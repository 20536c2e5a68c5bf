"""`symbols/…` over HTTP: one router a file."""

from ninja import Router

from symbols.api.catalogue import router as catalogue_router
from symbols.api.mapping import router as mapping_router
from symbols.api.scanner import router as scanner_router
from symbols.api.transfer import router as transfer_router
from symbols.api.watchlist import router as watchlist_router

routers: list[Router] = [catalogue_router, watchlist_router, transfer_router, mapping_router, scanner_router]
"""In the order in which the documentation shows them."""

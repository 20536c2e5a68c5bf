"""What is known of instruments beside the settings document, and what was proposed of them."""

from symbols.models.catalogue import CatalogueEntry, CatalogueRefresh
from symbols.models.imports import WatchlistImport
from symbols.models.proposals import Proposal, ScannerRun
from symbols.models.watchlist import CategorisedSymbol, Category, Colour, TrackedSymbol

__all__ = [
    "CatalogueEntry",
    "CatalogueRefresh",
    "CategorisedSymbol",
    "Category",
    "Colour",
    "Proposal",
    "ScannerRun",
    "TrackedSymbol",
    "WatchlistImport",
]

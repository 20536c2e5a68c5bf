"""The admin's pages about symbols."""

from typing import Final

from settingsapp.admin_page import AdminPage
from symbols.admin_import import TITLE as IMPORT_TITLE
from symbols.admin_import import import_page
from symbols.admin_mapping import TITLE as MAPPING_TITLE
from symbols.admin_mapping import mapping_page
from symbols.admin_scanner import TITLE as SCANNER_TITLE
from symbols.admin_scanner import scanner_page
from symbols.admin_watchlist import TITLE as WATCHLIST_TITLE
from symbols.admin_watchlist import watchlist_page

PAGES: Final[tuple[AdminPage, ...]] = (
    AdminPage("scanner/", "scanner", scanner_page, SCANNER_TITLE),
    AdminPage("mapping/", "mapping", mapping_page, MAPPING_TITLE),
    AdminPage("watchlist/import/", "watchlist_import", import_page, IMPORT_TITLE),
    AdminPage("watchlist/", "watchlist", watchlist_page, WATCHLIST_TITLE),
)

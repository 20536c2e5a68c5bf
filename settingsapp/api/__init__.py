"""The settings over HTTP. The paths of all these routers lie below `/api/v1/settings`."""

from settingsapp.api.document import router as document_router
from settingsapp.api.drafts import router as drafts_router
from settingsapp.api.transfer import router as transfer_router
from settingsapp.api.versions import router as versions_router

routers = (document_router, versions_router, drafts_router, transfer_router)

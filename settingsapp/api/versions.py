"""Earlier versions of the settings: `versions`."""

from ninja import Router

router = Router(tags=["settings"])

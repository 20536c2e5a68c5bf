"""What a document would be and do before it is saved: `schema`, `validate`, `diff`."""

from ninja import Router

router = Router(tags=["settings"])

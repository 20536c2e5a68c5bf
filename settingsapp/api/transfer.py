"""Settings that come and go as files: `export`, `import`, `templates`."""

from ninja import Router

router = Router(tags=["settings"])

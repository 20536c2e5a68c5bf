"""Which identities there are, and which one a command without a name means."""

from settingsapp.models import Identity


class UnknownIdentityError(Exception):
    """There is no such identity, or a choice has to be made; the text lists them."""


def only_identity(sub: str | None = None) -> str:
    """Return `sub` where it exists, or the only identity there is. Raises UnknownIdentityError."""
    subs = list(Identity.objects.order_by("created_at").values_list("sub", flat=True))
    if sub is not None:
        if sub in subs:
            return sub
        raise UnknownIdentityError(f"there is no identity {sub}; {_listed(subs)}")
    if len(subs) == 1:
        return subs[0]
    if not subs:
        raise UnknownIdentityError("there is no identity yet: manage.py up makes the first one")
    raise UnknownIdentityError(f"there are several identities: choose one with --sub; {_listed(subs)}")


def _listed(subs: list[str]) -> str:
    return f"there are {', '.join(subs)}" if subs else "there is none yet: manage.py up makes the first one"

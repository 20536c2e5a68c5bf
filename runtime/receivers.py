def connect() -> None:
    """Placeholder until the rules are in."""

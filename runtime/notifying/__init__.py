"""Telling people: alerts and notices by Discord, email and push. It alone knows addresses, apprise and matplotlib."""

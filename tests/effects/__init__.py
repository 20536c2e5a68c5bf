"""Every field of the settings, and what can be seen of it outside the document."""

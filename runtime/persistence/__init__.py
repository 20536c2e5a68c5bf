"""What the engine keeps in the SQL database, each part behind one of the engine's ports."""

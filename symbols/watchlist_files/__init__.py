"""The watchlist as a file: written, read, and judged line by line. Pure."""

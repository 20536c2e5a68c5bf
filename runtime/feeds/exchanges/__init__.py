"""Market data of real exchanges, by ccxt: the only package that knows it."""

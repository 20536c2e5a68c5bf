"""What the engine needs from outside, one protocol a need. Adapters live elsewhere; tests share one fake a port."""

"""Benchmarks: the engine beside python-hl7's own server, as ratios of one run. `make bench`."""

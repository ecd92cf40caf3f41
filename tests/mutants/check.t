# Each mutant still applies, says what it breaks, and names tests that are there; `make mutants` tries them.
exec tests/mutants/run check

"""Features: a row of numbers an example, in memory or in a file."""

"""Coverage-guided fuzzing of what reads other people's files: `python -m tests.fuzz.charts`, a part of `make fuzz`."""

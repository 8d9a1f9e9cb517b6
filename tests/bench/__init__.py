"""What the platform costs and how fast it is, each figure beside a peer measured in the same run: `python -m tests.bench`."""

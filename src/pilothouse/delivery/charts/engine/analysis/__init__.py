"""What templates read, told without running them: `symbols` stand for data, `reads` walks the parse trees with them."""

"""Command lines that start fast.

argparse makes a formatter for every flag it is told of, and each asks the terminal for its width by way of a module that imports
all archive formats. `Parser` asks once, itself.
"""

from __future__ import annotations

import argparse
import os
from functools import cache


class Parser(argparse.ArgumentParser):
    """A parser whose formatter knows the width of the terminal."""

    def _get_formatter(self) -> argparse.HelpFormatter:
        return argparse.HelpFormatter(prog=self.prog, width=terminal_width())


@cache
def terminal_width() -> int:
    """Return the columns to write in: `$COLUMNS`, else the terminal's, else 80; less the two argparse leaves free."""
    chosen = os.environ.get("COLUMNS", "")
    if chosen.isdigit():
        return max(int(chosen), 40) - 2
    try:
        return max(os.get_terminal_size(1).columns, 40) - 2
    except OSError:
        return 78

"""Check the recorded properties of random results (lengths, patterns, keys, certificates)."""

from __future__ import annotations

import base64
import re
from typing import Any


def holds(output: str, wanted: dict[str, Any]) -> bool:
    """Say whether an output has every recorded property."""
    for name, value in wanted.items():
        if name == "length" and len(output) != value:
            return False
        if name == "regex" and not re.search(value, output):
            return False
        if name == "pem" and not output.startswith(f"-----BEGIN {value}"):
            return False
        if name == "base64_of_pem" and f"-----BEGIN {value}" not in base64.b64decode(output).decode():
            return False
        if name == "same_multiset_as" and sorted(output) != sorted(value):
            return False
    return True

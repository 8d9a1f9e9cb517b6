"""What Git servers may cost; apart from the rest, so that settings can be made without loading libgit2."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """What one exchange with a server may cost."""

    timeout_s: float = 300.0
    max_bytes: int = 4 << 30

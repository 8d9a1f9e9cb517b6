"""The `log` engine: an append-only log with group commit, snapshots and a verified tail.

`records` is the format on disk, `disk` the file operations (a seam for power-cut tests), `segments` the log files,
`snapshots` the written-down state, `engine` the store itself. A write is acknowledged after `fdatasync` of its record; a
failed sync discards what was pending and stops the engine, because after it the page cache can no longer be trusted.
"""

from pilothouse.store.log.engine import LogConfig, LogStore

__all__ = ["LogConfig", "LogStore"]

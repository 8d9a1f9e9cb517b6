"""The watch cache: every object once in memory, as bytes, with the recent history of each resource.

`items` holds one object and its encodings, `cache` follows the store, `streams` fans events out to watchers. Reads never touch
the store, except for old snapshots that a paged list continues.
"""

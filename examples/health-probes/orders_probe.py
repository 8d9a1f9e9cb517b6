"""A health probe as a Python entry point. In the pyproject.toml of its package:

    [project.entry-points."pilothouse.health_probes"]
    orders = "orders_probe:probe"
"""

LIMIT = "example.com/open-orders-limit"
OPEN = "example.com/open-orders"


def probe(obj: dict, *, timeout_s: float, port: int, probe_path: str) -> dict:
    """Return the verdict on an object: more open orders than its limit are too many."""
    meta = obj["metadata"]
    notes = meta.get("annotations") or {}
    name = f"{meta.get('namespace')}/{meta['name']}"
    if LIMIT not in notes:
        return {"status": "Healthy", "message": f"{name} has no limit of orders"}
    too_many = int(notes.get(OPEN, 0)) > int(notes[LIMIT])
    return {"status": "Degraded" if too_many else "Healthy", "message": f"{name} has {notes.get(OPEN, 0)} open orders"}

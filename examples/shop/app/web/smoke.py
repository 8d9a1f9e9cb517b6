"""Checks the running shop after a release: a page is served and an order is taken."""

import http.client
import json
import os
import socket
import sys
import time
import urllib.request

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def address():
    """Return where web answers: by its name, else by the variables every container gets."""
    try:
        socket.getaddrinfo("web", 80)
        return "web"
    except OSError:
        return f"{os.environ.get('WEB_SERVICE_HOST', 'web')}:{os.environ.get('WEB_SERVICE_PORT', 80)}"


base = os.environ.get("WEB_URL") or f"http://{address()}"
for attempt in range(50):
    try:
        with opener.open(base + "/", timeout=3) as answer:
            assert answer.status == 200, answer.status
        body = json.dumps({"item": "smoke test", "quantity": 1}).encode()
        with opener.open(urllib.request.Request(base + "/orders", body), timeout=6) as answer:
            order = json.load(answer)
        print(f"the shop answers, order {order['id']} was taken")
        sys.exit(0)
    except (OSError, ValueError, http.client.HTTPException, AssertionError) as error:
        print(f"not yet: {error}", flush=True)
        time.sleep(0.2)
sys.exit("the shop does not answer")

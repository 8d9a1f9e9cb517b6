"""The customer's side of the shop: a page, and an API that asks the orders service."""

import html
import json
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

VERSION = (Path(__file__).parent / "RELEASE").read_text().strip()  # part of the image, not of its configuration
GREETING = os.environ.get("SHOP_GREETING", "Welcome")
ORDERS = os.environ.get("ORDERS_URL", "")
POD = os.environ.get("POD_NAME", os.uname().nodename)
DRAIN_S = 10.0
draining = threading.Event()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def address_of(service, port):
    """Return where a Service answers: by its name, else by the variables every container gets."""
    try:
        socket.getaddrinfo(service, port)
        return f"{service}:{port}"
    except OSError:
        prefix = service.upper()
        return f"{os.environ.get(prefix + '_SERVICE_HOST', service)}:{os.environ.get(prefix + '_SERVICE_PORT', port)}"


def ask_orders(path, body=None, patience_s=4.0):
    """Ask the orders service, trying again while it restarts."""
    deadline = time.monotonic() + patience_s
    base = ORDERS or f"http://{address_of('orders', 8080)}"
    while True:
        try:
            data = None if body is None else json.dumps(body).encode()
            with opener.open(urllib.request.Request(base + path, data), timeout=2.0) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def page():
    """The page, also when orders cannot be reached."""
    try:
        counts = ask_orders("/summary", patience_s=1.0)
        line = f"{counts['total']} orders, {counts['done']} completed"
    except OSError:
        line = "orders are being restocked"
    return (
        f"<!doctype html><title>Shop</title><h1>{html.escape(GREETING)}</h1>"
        f"<p>{html.escape(line)}</p><p>version {html.escape(VERSION)} from {html.escape(POD)}</p>\n"
    )


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/":
            self.answer(200, page().encode(), "text/html; charset=utf-8")
        elif self.path == "/version":
            self.answer_json(200, {"version": VERSION, "pod": POD})
        elif self.path == "/healthz":
            self.answer_json(200, {"status": "ok"})
        elif self.path == "/orders":
            self.relay(lambda: ask_orders("/orders"))
        else:
            self.answer_json(404, {"error": f"nothing at {self.path}"})

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        if self.path != "/orders" or length > 65536:
            self.answer_json(404 if length <= 65536 else 413, {"error": "post an order of at most 64 KiB to /orders"})
            return
        try:
            order = json.loads(self.rfile.read(length))
        except ValueError:
            self.answer_json(400, {"error": "the order is not JSON"})
            return
        self.relay(lambda: ask_orders("/orders", order), created=True)

    def relay(self, ask, created=False):
        try:
            self.answer_json(201 if created else 200, ask())
        except urllib.error.HTTPError as error:
            self.answer(error.code, error.read(), "application/json")
        except OSError as error:
            self.answer_json(503, {"error": f"orders: {error}"})

    def answer_json(self, status, tree):
        self.answer(status, json.dumps(tree).encode() + b"\n", "application/json")

    def answer(self, status, body, content_type):
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        if draining.is_set():
            self.send_header("connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, template, *values):
        if self.path != "/healthz":
            print(f"{self.command} {self.path} {values[1] if len(values) > 1 else ''}", flush=True)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A client that hangs up is no error of ours."""


def main():
    server = Server((os.environ.get("POD_IP", "0.0.0.0"), int(os.environ.get("PORT", "8080"))), Handler)

    def drain(*_):
        """Finish what is under way, tell kept connections to close, then end."""
        draining.set()
        print("draining", flush=True)
        threading.Timer(float(os.environ.get("DRAIN_S", DRAIN_S)), server.shutdown).start()

    signal.signal(signal.SIGTERM, drain)
    print(f"web {VERSION} listens on {server.server_address[1]}", flush=True)
    server.serve_forever(poll_interval=0.1)
    print("bye", flush=True)


if __name__ == "__main__":
    main()

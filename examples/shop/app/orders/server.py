"""Keeps orders in SQLite; one writer, any number of readers."""

import json
import os
import signal
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = os.path.join(os.environ.get("DATA_DIR", "/data"), "orders.db")
lock = threading.Lock()


def connect():
    """Open the database, creating the table on first use."""
    database = sqlite3.connect(PATH, check_same_thread=False)
    database.execute("pragma journal_mode=wal")
    database.execute(
        "create table if not exists orders (id integer primary key, item text not null, quantity integer not null, "
        "state text not null default 'new')"
    )
    database.commit()
    return database


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/healthz":
            self.answer(200, {"status": "ok"})
        elif self.path == "/summary":
            total, done = self.query("select count(*), coalesce(sum(state = 'done'), 0) from orders")[0]
            self.answer(200, {"total": total, "done": done})
        elif self.path in {"/orders", "/orders?state=new"}:
            where = "where state = 'new'" if "state" in self.path else ""
            rows = self.query(f"select id, item, quantity, state from orders {where} order by id desc limit 100")
            self.answer(200, [dict(zip(("id", "item", "quantity", "state"), row)) for row in rows])
        else:
            self.answer(404, {"error": f"nothing at {self.path}"})

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("content-length") or 0), 65536))
        parts = self.path.strip("/").split("/")
        if parts == ["orders"]:
            self.create(body)
        elif len(parts) == 3 and parts[0] == "orders" and parts[2] == "done" and parts[1].isdigit():
            with lock:
                changed = database.execute("update orders set state = 'done' where id = ?", (int(parts[1]),)).rowcount
                database.commit()
            self.answer(200 if changed else 404, {"id": int(parts[1]), "state": "done"} if changed else {"error": "no such order"})
        else:
            self.answer(404, {"error": f"nothing at {self.path}"})

    def create(self, body):
        try:
            order = json.loads(body)
            item, quantity = str(order["item"]), int(order.get("quantity", 1))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.answer(400, {"error": "an order is an object with item and quantity"})
            return
        if not item or not 1 <= quantity <= 1000:
            self.answer(422, {"error": "item must not be empty, quantity must be from 1 to 1000"})
            return
        with lock:
            cursor = database.execute("insert into orders (item, quantity) values (?, ?)", (item, quantity))
            database.commit()
        self.answer(201, {"id": cursor.lastrowid, "item": item, "quantity": quantity, "state": "new"})

    def query(self, statement):
        with lock:
            return database.execute(statement).fetchall()

    def answer(self, status, tree):
        body = json.dumps(tree).encode() + b"\n"
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
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


if __name__ == "__main__":
    database = connect()
    server = Server((os.environ.get("POD_IP", "0.0.0.0"), int(os.environ.get("PORT", "8080"))), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"orders listens on {server.server_address[1]}, data in {PATH}", flush=True)
    server.serve_forever(poll_interval=0.1)
    with lock:
        database.close()

"""A Flask app on a free port: serves as many requests as it is told, each on a thread of its own, and ends."""

import logging
import sys

from flask import Flask
from werkzeug.serving import make_server

app = Flask(__name__)
logging.getLogger("werkzeug").setLevel(logging.ERROR)


@app.route("/pay/<int:amount>")
def pay(amount):
    fee = amount // 10
    total = amount + fee  # @pay
    return {"amount": amount, "total": total}


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = False  # server_close waits for the last answer
    print("port", server.port, flush=True)
    for _ in range(int(sys.argv[1])):
        server.handle_request()
    server.server_close()
    print("served", sys.argv[1])

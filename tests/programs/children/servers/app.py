"""What servers of all kinds serve: twice a number."""

import sys


def work(number):
    total = number * 2  # @work
    return total


def application(environ, start_response):
    body = str(work(int(environ["PATH_INFO"].strip("/")))).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", int(sys.argv[1]), application, use_reloader=True, reloader_type="stat")

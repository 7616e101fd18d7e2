"""What servers of all kinds serve: twice a number."""


def work(number):
    total = number * 2  # @work
    return total


def application(environ, start_response):
    body = str(work(int(environ["PATH_INFO"].strip("/")))).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


"""A small service on a loopback port: topics, and books whose printing takes a while. No request is remembered but
by its path and how often it came.

server.py PORT_FILE LOG_FILE    writes its port to the first, one JSON line per request to the second
"""
import http.server
import json
import os
import sys
import urllib.parse

port_file, log_file = sys.argv[1:]
polls = {}
seen = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path = urllib.parse.urlsplit(self.path).path
        with open(log_file, "a") as log:
            log.write(json.dumps({"method": self.command, "url": self.path, "body": body,
                                  "authorization": self.headers.get("Authorization"),
                                  "key": self.headers.get("Idempotency-Key")}) + "\n")
        count = seen[path] = seen.get(path, 0) + 1
        self.route(path, body, count)

    def route(self, path, body, count):
        if path.endswith("/topics/flaky:publish"):
            return self.answer(500 if count < 3 else 200, {"count": count})
        if path.endswith("/topics/busy:publish"):
            return self.answer(503 if count < 3 else 200, {"count": count})
        if path.endswith("/topics/gone:publish"):
            return self.answer(404, {"error": {"code": 404, "message": "no such topic"}})
        if path.endswith(":publish"):
            return self.answer(200, {"messageIds": ["1"], "got": json.loads(body)})
        if path.endswith("/broken/topics"):
            return self.answer(502 if count < 3 else 200, {"topics": []})
        if path.endswith("/topics"):
            return self.answer(200, {"url": self.path})
        if path.endswith(":print"):
            book = path.rsplit("/", 1)[1].split(":")[0]
            if book == "nameless":
                return self.answer(200, {"metadata": {}})
            return self.answer(200, {"name": "operations/" + book, "done": False})
        if path.startswith("/v1/operations/"):
            return self.operation(path.rsplit("/", 1)[1], count)
        if path == "/bigquery/v2/projects/p/jobs":
            return self.answer(200, self.job("RUNNING"))
        if path == "/bigquery/v2/projects/p/jobs/j1":
            return self.answer(200, self.job("RUNNING" if count < 2 else "DONE"))
        return self.answer(404, {"error": {"code": 404, "message": "not found: " + path}})

    def operation(self, book, count):
        operation = {"name": "operations/" + book, "done": False}
        if book in ("novel", "long") and count >= (3 if book == "novel" else 6):
            operation.update(done=True, response={"pages": 300})
        if book == "torn":
            operation.update(done=True, error={"code": 13, "message": "out of paper"})
        return self.answer(503 if book == "novel" and count == 2 else 200, operation)

    def job(self, state):
        return {"id": "p:US.j1", "jobReference": {"projectId": "p", "jobId": "j1", "location": "US"},
                "status": {"state": state}}

    do_GET = do_POST = do_PUT = do_DELETE = serve


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w") as out:
    out.write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()

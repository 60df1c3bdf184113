"""A model served elsewhere, as a script says: the n-th POST gets the n-th act of SCRIPT, the last act the rest.

    server.py SCRIPT PORT_FILE REQUESTS

An act is a JSON object: "chat" is what the model says (an object, or a text as it is), "prediction" is Vertex AI's,
"raw" is a body as it is; "status", "headers"; "size" pads the body with blanks; "hold" answers never. What came is
a line of REQUESTS each: path, headers, body.
"""
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

script_path, port_path, requests_path = sys.argv[1:4]
lock = threading.Lock()
count = 0


def read_acts():
    with open(script_path, encoding="utf-8") as file:
        text = file.read().strip()
    acts = []
    while text:
        act, end = json.JSONDecoder().raw_decode(text)
        acts.append(act)
        text = text[end:].strip()
    return acts


def body_of(act):
    if "chat" in act:
        said = act["chat"] if isinstance(act["chat"], str) else json.dumps(act["chat"])
        answer = {"model": "scripted-1", "usage": {"prompt_tokens": 11, "completion_tokens": 5},
                  "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": said}}]}
        return json.dumps(answer)
    if "prediction" in act:
        return json.dumps({"predictions": [act["prediction"]], "modelDisplayName": "scripted-2"})
    return act.get("raw", "")


class Peer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        global count
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with lock:
            acts = read_acts()
            act = acts[min(count, len(acts) - 1)]
            count += 1
            with open(requests_path, "a", encoding="utf-8") as file:
                file.write(json.dumps({"path": self.path, "headers": dict(self.headers), "body": json.loads(body)}) + "\n")
        if act.get("hold"):
            threading.Event().wait()
        answer = body_of(act).encode()
        answer += b" " * (act.get("size", 0) - len(answer))
        self.send_response(act.get("status", 200))
        for name, value in act.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        try:
            self.wfile.write(answer)
        except OSError:
            pass  # who asked does not want that much


server = ThreadingHTTPServer(("127.0.0.1", 0), Peer)
server.daemon_threads = True
with open(port_path + ".new", "w", encoding="utf-8") as file:
    file.write(str(server.server_port))
os.rename(port_path + ".new", port_path)
server.serve_forever()

"""play.py - plays the exchanges of .http files against a server: play.py ORIGIN FILE

An exchange is a title, a request, its body if it has one, an empty line, the status wanted and the JSON wanted:

	### a workflow that is not there (reference, 9.2)
	GET /workflows/nobody

	404
	{"error": {"code": 404, "message": "<any>", "status": "NOT_FOUND"}}

A path that begins with / is below projects/p/locations/us-central1. The answer must equal what is wanted, field by field;
<time>, <duration>, <uuid>, <revision>, <operation>, <int64>, <json> and <any> stand for what differs from call to call,
<uuid as id> also keeps it for {id} in later requests and answers, a field "..." lets other fields be, and a last element
"..." other elements. `until` before a method asks again, for a minute at the most, until the answer is the one wanted.
"""
import json
import re
import sys
import time
import urllib.error
import urllib.request

PARENT = "projects/p/locations/us-central1"
FORMS = {
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?Z",
    "duration": r"\d+(\.(\d{3}|\d{6}|\d{9}))?s",
    "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "revision": r"\d{6}-[0-9a-f]{3}",
    "operation": r"operation-[A-Za-z0-9-]+",
    "int64": r"-?\d+",
    "any": r"(?s:.*)",
    "json": r"(?s:.*)",
}


def text_difference(wanted, have, kept):
    """A text with <forms> in it, some of which are kept."""
    pattern, names = "", []
    for part in re.split(r"(<[a-z0-9]+(?: as \w+)?>)", wanted):
        form = re.fullmatch(r"<([a-z0-9]+)(?: as (\w+))?>", part)
        if form and form[1] in FORMS:
            names.append(form[2])
            pattern += f"(?P<form{len(names)}>{FORMS[form[1]]})"
        else:
            pattern += re.escape(part)
    found = re.fullmatch(pattern, have)
    if not found:
        return f"wanted {wanted!r}, have {have!r}"
    kept.update({name: found[f"form{n}"] for n, name in enumerate(names, 1) if name})
    return None


def difference(wanted, have, kept, place="answer"):
    if isinstance(wanted, str) and isinstance(have, str):
        told = text_difference(wanted, have, kept)
        return told and f"{place}: {told}"
    if type(wanted) is not type(have):
        return f"{place}: wanted {wanted!r}, have {have!r}"
    if isinstance(wanted, dict):
        others = wanted.keys() ^ have.keys()
        if "..." in wanted:
            others = wanted.keys() - have.keys() - {"..."}
        if others:
            return f"{place}: not on both sides: {', '.join(sorted(others))}"
        pairs = [(key, wanted[key], have[key]) for key in wanted if key != "..."]
    elif isinstance(wanted, list):
        if wanted[-1:] == ["..."]:
            wanted, have = wanted[:-1], have[:len(wanted) - 1]
        if len(wanted) != len(have):
            return f"{place}: wanted {len(wanted)} elements, have {len(have)}"
        pairs = [(n, w, h) for n, (w, h) in enumerate(zip(wanted, have))]
    else:
        return None if wanted == have else f"{place}: wanted {wanted!r}, have {have!r}"
    for key, one, other in pairs:
        told = difference(one, other, kept, f"{place}.{key}")
        if told:
            return told
    return None


def ask(origin, method, path, body):
    below = "" if path.startswith("/v1") else f"/v1/{PARENT}"
    request = urllib.request.Request(origin + below + path, body.encode() if body else None, method=method,
                                     headers={"Content-Type": "application/json"} if body else {})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def play(origin, exchange, kept):
    """None, or how the answer differs from the one wanted."""
    asked, _, answer = exchange.partition("\n\n")
    line, _, body = asked.partition("\n")
    for name, value in kept.items():
        line, body, answer = (text.replace("{%s}" % name, value) for text in (line, body, answer))
    status, _, wanted = answer.strip().partition("\n")
    is_repeated = line.startswith("until ")
    method, path = line.removeprefix("until ").split(" ", 1)
    deadline = time.monotonic() + 60
    while True:
        code, have = ask(origin, method, path, body)
        told = f"HTTP {code}: {have}" if str(code) != status else difference(json.loads(wanted), have, kept)
        if told is None or not is_repeated or time.monotonic() > deadline:
            return told
        time.sleep(0.02)


def main(origin, file):
    kept, failed = {}, 0
    with open(file, encoding="utf-8") as text:
        exchanges = re.split(r"^### (.*)\n", text.read(), flags=re.M)[1:]
    for title, exchange in zip(exchanges[::2], exchanges[1::2]):
        told = play(origin, exchange, kept)
        if told:
            failed += 1
            print(f"{file}: {title}: {told}")
    print(f"{len(exchanges) // 2} exchanges, {failed} failed")
    return 1 if failed or not exchanges else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""One line an operation: `ok NAME`, or `failed NAME: WHY`. The Rust test reads the lines and the exit code."""

import base64
import html
import json
import os
import re
import sys
import time
import traceback

import httpx

ISSUER = os.environ["TENANT"]
DOMAIN = ISSUER.removeprefix("https://").rstrip("/")
CALLBACK = "http://localhost:13100/callback"

# Seconds: a machine that builds beside the tests is slow.
PATIENCE = 60

_failed = False


def operation(name):
    """Runs the function at once."""

    def run(function):
        global _failed
        try:
            function()
            print(f"ok {name}", flush=True)
        except Exception:
            _failed = True
            why = traceback.format_exc().strip().replace("\n", " | ")
            print(f"failed {name}: {why}", flush=True)

    return run


def failure(kind, function):
    """Runs what has to fail in this way, and answers the error."""
    try:
        function()
    except kind as error:
        return error
    raise AssertionError("it did not fail")


def eventually(ask):
    """A question asked until it is answered, a hundred times at most."""
    for _ in range(100):
        answer = ask()
        if answer is not None:
            return answer
        time.sleep(0.05)
    raise AssertionError("it did not come in time")


def finish():
    sys.exit(1 if _failed else 0)


def dev(method, path, body=None):
    """What only the simulated tenant has."""
    response = httpx.request(method, f"{ISSUER}_dev/{path}", json=body, timeout=PATIENCE)
    response.raise_for_status()
    return response.json() if response.content else None


def mailed_code(email):
    """The last code that was mailed to an address."""
    return [message for message in dev("GET", "inbox") if message["to"] == email][-1]["code"]


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def authorization_code(username, **more):
    """Signs in with a browser without a screen, and answers the code."""
    parameters = {
        "response_type": "code",
        "client_id": "conjoin-dev",
        "redirect_uri": CALLBACK,
        "scope": "openid profile email",
        **more,
    }
    with httpx.Client(timeout=PATIENCE) as browser:
        page = browser.get(f"{ISSUER}authorize", params=parameters, follow_redirects=True)
        state = html.unescape(re.search(r'name="state" value="([^"]*)"', page.text).group(1))
        form = {"state": state, "username": username, "password": "correct-horse"}
        answer = browser.post(page.url.copy_with(query=None), data=form)
        while not answer.headers["location"].startswith(CALLBACK):
            answer = browser.get(answer.url.join(answer.headers["location"]))
    return httpx.URL(answer.headers["location"]).params["code"]

"""What the benchmarks share: servers that are started and measured, a browser that signs in, and tables of the README."""

import http.client
import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PERSON, PASSWORD = "ada@example.com", "correct-horse"
PATIENCE = 300
TICKS = os.sysconf("SC_CLK_TCK")


def named_program() -> Path:
    """What the first argument names; the optimised build where there is none."""
    return Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/conjoin").resolve()


def build_of(program: Path) -> str:
    return "optimised" if "release" in program.parts else "development"


class Forms(HTMLParser):
    """The forms of a page: where each goes, and what stands in it."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append((values.get("action", ""), {}))
        elif tag == "input" and self.forms and "name" in values:
            self.forms[-1][1][values["name"]] = values.get("value", "")


class Elsewhere(urllib.request.HTTPHandler):
    """Connects to another address than the one that is asked for."""

    def __init__(self, where: dict[str, str]) -> None:
        super().__init__()
        self.where = where

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        def connection(authority: str, **options: object) -> http.client.HTTPConnection:
            return http.client.HTTPConnection(self.where.get(authority, authority), **options)  # type: ignore[arg-type]

        return self.do_open(connection, request)  # type: ignore[arg-type,return-value]


class Browser:
    """Signs in, and says what its cookies are."""

    def __init__(self, where: dict[str, str] | None = None) -> None:
        """`where` says which address an authority is at, where that is not its own."""
        self.jar = http.cookiejar.CookieJar()
        handlers = [urllib.request.HTTPCookieProcessor(self.jar), urllib.request.ProxyHandler({}), Elsewhere(where or {})]
        self.opener = urllib.request.build_opener(*handlers)

    def open(self, url: str, fields: dict[str, str] | None = None) -> tuple[str, str]:
        body = urllib.parse.urlencode(fields).encode() if fields is not None else None
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(url))
        request = urllib.request.Request(url, body, {"Origin": origin} if body else {})
        with self.opener.open(request, timeout=30) as answer:
            return answer.geturl(), answer.read().decode()

    def sign_in(self, base: str, person: str = PERSON) -> str:
        """By whatever forms lie between `/login` and the page: the tenant's own, and one that a script would send on. Answers the page."""
        url, page = self.open(f"{base}/login")
        for _ in range(5):
            parser = Forms()
            parser.feed(page)
            form = next((form for form in parser.forms if {"password", "code", "id_token"} & form[1].keys()), None)
            if form is None:
                break
            action, fields = form
            if "password" in fields:
                fields |= {"username": person, "password": PASSWORD}
            url, page = self.open(urllib.parse.urljoin(url, action or url), fields)
        # Not asked for again where the sign-in has led there: what is counted is what people do.
        if urllib.parse.urlsplit(url).path != "/user":
            url, page = self.open(f"{base}/user")
        assert person in page, f"not signed in at {base}"
        return page

    def cookies(self, base: str) -> str:
        request = urllib.request.Request(f"{base}/user")
        self.jar.add_cookie_header(request)
        return request.get_header("Cookie") or ""


@dataclass
class Server:
    """A process that answers at `base`."""

    name: str
    process: subprocess.Popen[str]
    base: str

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> float:
        """Resident, in MB."""
        found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii"), re.MULTILINE)
        assert found
        return int(found[1]) * 1024 / 1e6

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(name: str, command: list[str | Path], mark: str, **options: object) -> Server:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **options)  # type: ignore[call-overload]
    assert process.stdout
    late = threading.Timer(PATIENCE, process.kill)
    late.start()
    first = process.stdout.readline().strip()
    late.cancel()
    if not first.startswith(mark):
        process.kill()
        process.wait()
        sys.exit(f"{name} does not start: {first}")
    return Server(name, process, first.removeprefix(mark).strip().rstrip("/"))


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


# Room for the compiled policies of thousands of tenants: what is compiled before is to be there at the next start.
HEAD = """
listen = "127.0.0.1:{port}"
database_url = "sqlite://{folder}/conjoin.db"
encryption_key = "Y29uam9pbi10ZXN0cy1rZWVwLW5vdGhpbmctc2VjcmU="
compiled_policies_bytes = 17179869184
"""

TENANT = """
[tenants.{name}]
base_url = "http://localhost:{port}"
issuer = "{issuer}/"
client_id = "conjoin-dev"
client_secret = "conjoin-dev-secret"
management_client_id = "conjoin-m2m"
management_client_secret = "conjoin-m2m-secret"
"""


def start_conjoin(program: Path, tenant: Server, folder: Path, ports: dict[str, int], admin: int | None = None) -> Server:
    """A host with these tenants, each under a port of its own; it listens at the first one's. The admin API is at the port `admin`, if there is one."""
    first = next(iter(ports.values()))
    tenants = [TENANT.format(name=name, port=port, issuer=tenant.base) for name, port in ports.items()]
    configuration = folder / "conjoin.toml"
    head = HEAD.format(port=first, folder=folder) + (f'admin_listen = "127.0.0.1:{admin}"\n' if admin else "")
    configuration.write_text(head + "".join(tenants), encoding="utf-8")
    return start("Conjoin", [program, "serve", "--config", configuration], "ready: ")


def start_tenant(program: Path) -> Server:
    return start("the tenant", [program, "dev-tenant", "--listen", "127.0.0.1:0"], "ready: ")


def start_bare(tenant: Server, user: str, email: str = PERSON) -> Server:
    """The server that only asks (`bare.rs`), for an account."""
    command = ["cargo", "bench", "--locked", "--workspace", "--bench", "bare", "--no-run", "--message-format", "json"]
    built = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    artifacts = [json.loads(line) for line in built.splitlines()]
    program = next(one["executable"] for one in artifacts if one.get("executable") and one["target"]["name"] == "bare")
    return start("the bare server", [program, tenant.base, "conjoin-m2m", "conjoin-m2m-secret", user, email], "ready: ")


@dataclass
class Load:
    """What a page took: requests a second, milliseconds of the server's processor time for each, and how long 99 of 100 took at most, in milliseconds."""

    rate: float
    processor: float
    p99: float


def load(server: Server, cookies: str, seconds: int, connections: int, host: str | None = None) -> Load:
    """Asks for `/user`, as whoever the cookies are of; at another host name than the server's own, if there is one."""
    before = server.processor_seconds()
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-H", f"Cookie: {cookies}"]
    command += ["-H", f"Host: {host}"] if host else []
    said = subprocess.run([*command, f"{server.base}/user"], check=True, capture_output=True, text=True, timeout=seconds + 60).stdout
    spent = server.processor_seconds() - before
    assert "Non-2xx" not in said and "Socket errors" not in said, said
    requests = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert requests and rate and late and int(requests[1]) > 0, said
    p99 = float(late[1]) * {"us": 0.001, "ms": 1, "s": 1000}[late[2]]
    return Load(float(rate[1]), spent * 1000 / int(requests[1]), p99)


def need_wrk() -> None:
    if not shutil.which("wrk"):
        sys.exit("`wrk` asks for the pages: install the package `wrk`")


def write_table(script: str, table: str) -> None:
    """Into the README, between the marks of the script."""
    begin, end = f"<!-- measured by tests/bench/{script} -->", "<!-- until here -->"
    text = README.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    assert pattern.search(text), begin
    README.write_text(pattern.sub(lambda _: f"{begin}\n{table}\n{end}", text), encoding="utf-8")
    print(table)

"""The door of the server: who may come in, by what name, how often and with how much.

Pure ASGI, outside everything else, so that no answer and no error escapes its headers.
"""

import hmac
import ipaddress
import re
import socket
import time
from collections import OrderedDict
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.journal import asked, log
from api.keys import Keys, Visitor, digest
from api.problems import Refused, told
from api.sessions import Sessions
from api.settings import Settings, is_local

__all__ = ["HEADERS", "OPEN", "Door", "host_of", "key_needed", "own_names"]

# Answered without a key: whether it lives, and how to use it.
OPEN = ("/healthz", "/readyz", "/docs", "/docs.css", "/openapi.json", "/open", "/sign-in")
LOOKS = "/static/"  # scripts, style sheets and colours say nothing of the content
SIGN_IN = "/sign-in"  # what a browser is shown where it would need a key
READING = ("GET", "HEAD", "OPTIONS")  # any other method needs the right to write, except at
UNCHANGED = ("/open", "/api/v1/records/preview")  # which leave the graph as it is
NOBODY, ADMIN = "", "管理员"
# RFC 9110 7.2: a name or an address in brackets, and perhaps a port; never who asks (`a@b`).
HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[^\s@/\\?#\[\]:]+))"
                  r"(?::(?P<port>[0-9]{0,5}))?")
CLIENTS = 10_000  # whose rate is remembered
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
                               "form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


class Door:
    """Refuses before anything is worked out, and puts the strict headers on every answer."""

    def __init__(self, app: ASGIApp, settings: Settings, keys: Keys,
                 sessions: Sessions | None = None) -> None:
        self.app, self.settings, self.keys, self.sessions = app, settings, keys, sessions
        self.names = own_names() | {host_of(name) or _plain(name) for name in settings.hosts}
        self.key = digest(settings.key) if settings.key else ""
        self.rates = Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"  # answered like GET, without the body
        inner = {**scope, "method": "GET", "head": True} if head else scope
        began = ended = False

        async def strict(message: Message) -> None:
            nonlocal began, ended
            ended = message["type"] == "http.response.body" and not message.get("more_body")
            if message["type"] == "http.response.start":
                began = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            self.check(scope)
            inner["visitor"] = scope["visitor"]
            await self.app(inner, self._measured(receive), strict)
        except Exception as error:
            if not isinstance(error, Refused):
                log.error({"event": "fault", **asked(scope)}, exc_info=error)
            if began and not ended:
                raise  # the server cuts the connection, so that nobody takes it for whole
            if not began and _reads_pages(scope, error):
                await self.app({**inner, "path": SIGN_IN, "raw_path": SIGN_IN.encode()}, receive,
                               strict)
            elif not began:
                await told(error, scope["path"])(inner, receive, strict)
        scope["route"] = inner.get("route")

    def check(self, scope: Scope) -> None:
        """Raises Refused for what may not come in; notes in the scope who it is that may."""
        headers = Headers(scope=scope)
        self._check_host(headers.getlist("host"), scope.get("server"))
        self._check_rate(scope.get("client"))
        visitor = scope["visitor"] = self._visitor(headers)
        if scope["method"] not in READING:
            _check_write(visitor, headers, scope["path"])
        elif not visitor.scope and not _is_open(scope["path"]) and self._guarded():
            raise key_needed()  # a question needs one as soon as there is one
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.settings.limits.body:
            raise self._too_large()

    def _visitor(self, headers: Headers) -> Visitor:
        """Who it is, by key or cookie."""
        given = headers.getlist("authorization")
        if not given:
            cookies = headers.getlist("cookie")
            return (self.sessions and self.sessions.find(cookies)) or Visitor(NOBODY)
        kind, _, key = (given[0] if len(given) == 1 else "").partition(" ")
        visitor = self._owner(key.strip()) if kind.casefold() == "bearer" else None
        return visitor or Visitor(NOBODY)

    def _owner(self, key: str) -> Visitor | None:
        if self.key and hmac.compare_digest(digest(key), self.key):
            return Visitor(ADMIN, "admin")
        return self.keys.find(key)

    def _guarded(self) -> bool:
        return self.settings.guarded or bool(self.key) or bool(self.keys.known())

    def _check_host(self, hosts: list[str], server: tuple[str, int | None] | None) -> None:
        """A page elsewhere whose name was pointed at this machine must not read from it."""
        if len(hosts) != 1:
            raise Refused("bad-question", "请求里要有且只有一个 Host")
        name = host_of(hosts[0])
        here = _plain(server[0].partition("%")[0]) if server else ""
        if not name or (name not in self.names and name != here):
            raise Refused("unknown-host", "这台服务器不叫这个名字；要用它访问，请把它写进 "
                                          "XIANGLIAN_HOSTS 再启动", {"Connection": "close"})

    def _check_rate(self, client: tuple[str, int] | None) -> None:
        who = client[0] if client else ""
        limits = self.settings.limits
        wait = self.rates.wait(who, limits.local if is_local(who) else limits.rate)
        if wait:
            raise Refused("too-many", f"请求太多，请 {wait} 秒后再问", {"Retry-After": str(wait)})

    def _too_large(self) -> Refused:
        return Refused("too-large", f"请求正文最多 {self.settings.limits.body} 字节",
                       {"Connection": "close"})

    def _measured(self, receive: Receive) -> Receive:
        """The same, refusing a body that grows beyond the limit whatever its headers said."""
        size = 0

        async def measured() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.settings.limits.body:
                raise self._too_large()
            return message

        return measured


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith(LOOKS)


def _reads_pages(scope: Scope, error: Exception) -> bool:
    """Whether a person with a browser is refused for want of a key, who can be asked for one."""
    return (isinstance(error, Refused) and error.kind == "key-needed"
            and scope["method"] in READING and not scope["path"].startswith("/api/")
            and "text/html" in Headers(scope=scope).get("accept", ""))


def key_needed() -> Refused:
    return Refused("key-needed", "请带上密钥：Authorization: Bearer 密钥；在本机的浏览器里，"
                   "打开 xianglian serve 启动时印出的链接",
                   {"WWW-Authenticate": 'Bearer realm="xianglian"'})


def _check_write(visitor: Visitor, headers: Headers, path: str) -> None:
    """Nobody writes without a right to; and a page elsewhere never, whoever looks at it."""
    if not visitor.scope:
        raise key_needed()
    origins = headers.getlist("origin")
    bearer = "authorization" in headers
    own = [[f"{scheme}://{headers['host'].strip().lower()}"] for scheme in ("http", "https")]
    if [origin.lower() for origin in origins] not in own and (origins or not bearer):
        raise Refused("foreign-origin", "写入只能从湘链自己的网页发出，或者带上密钥")
    if not visitor.may("write") and path not in UNCHANGED:
        raise Refused("not-allowed", f"「{visitor.name}」的密钥只能查询，不能写入")


class Rates:
    """A bucket of requests for each client, as large as a minute's, filled all the time."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, who: str, a_minute: int, now: float | None = None) -> int:
        """Take one request; 0, or the seconds after which there is one again."""
        if not a_minute:
            return 0
        now = time.monotonic() if now is None else now
        left, since = self._buckets.pop(who, (float(a_minute), now))
        left = min(float(a_minute), left + (now - since) * a_minute / 60)
        enough = left >= 1
        self._buckets[who] = (left - enough, now)
        if len(self._buckets) > CLIENTS:
            self._buckets.popitem(last=False)
        return 0 if enough else int((1 - left) * 60 / a_minute) + 1


def host_of(text: str) -> str:
    """The name or address of a Host header as we write it, without port, brackets and last dot;
    blank for what is none."""
    found = HOST.fullmatch(text.strip().lower())
    if found is None or int(found["port"] or 0) > 65_535:
        return ""
    if not found["six"]:
        return _plain(found["name"])
    try:
        return _plain(str(ipaddress.IPv6Address(found["six"])))
    except ValueError:
        return ""


def _plain(name: str) -> str:
    """An address in its one shortest form, a name in small letters without its last dot."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name.lower().removesuffix(".")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def own_names() -> set[str]:
    """What this machine is called by itself; the address of the connection comes on top."""
    return {"localhost", "127.0.0.1", "::1", _plain(socket.gethostname())}

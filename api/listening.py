"""The sockets and processes of `xianglian serve`."""

import os
import socket
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from urllib.request import urlopen

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from api.app import application
from api.journal import set_up_logging
from api.keys import Keys
from api.sessions import Sessions
from api.settings import Settings, is_local
from api.wire import Protocol
from graph.store import open_store
from ontology import StoreError, load_ontology

__all__ = ["has_display", "listen"]

NEXT = 50  # ports that are tried
PATIENCE = 30.0  # seconds in which the server begins to answer
# Seconds that an idle connection is kept: longer than clients do (5 is usual), so that none is
# closed at the moment in which the next question comes.
KEEP = 60
FILES = 65_536  # connections and mapped arrays that one process may have open


def listen(settings: Settings, host: str, port: int, workers: int, *, home: bool = False) -> None:
    """Answer until interrupted; raises StoreError for a store or address that cannot be opened.

    home: for one person at this machine: on the next free port, told in a browser, without a line
    for each request.
    """
    open_store(settings.store, load_ontology(settings.ontology), create=False,
               read_only=True).close()  # what is wrong with it is said now, not by every worker
    settings = replace(settings, hosts=(*settings.hosts, host.casefold()),
                       guarded=not is_local(host))
    keys = Keys(settings.desk)
    listener = _next_free(host, port) if home else _bound(host, port)
    _more_files()
    with tempfile.TemporaryDirectory(prefix="xianglian-serve-", ignore_cleanup_errors=True) as run:
        config = uvicorn.Config(
            partial(_worker, settings, Path(run), home), factory=True, workers=workers,
            http=Protocol, ws="none", log_config=None, access_log=False, server_header=False,
            proxy_headers=False, timeout_graceful_shutdown=10, timeout_keep_alive=KEEP)
        name = f"[{host}]" if ":" in host else host
        root = f"http://{name}:{listener.getsockname()[1]}"
        print(f"湘链在 {root}/ （接口 {root}/docs；按 Ctrl+C 停止）", file=sys.stderr, flush=True)
        first = f"{root}/"
        if is_local(host) and not settings.key and not keys.all():
            first = f"{root}/open?token={Sessions(Path(run), keys).link()}"
            print(f"要在这台电脑的浏览器里写入，打开（只能用一次）：{first}",
                  file=sys.stderr, flush=True)
        set_up_logging(quiet=home)
        if home and has_display():
            threading.Thread(target=_shown, args=(root, first), name="browser",
                             daemon=True).start()
        with suppress(KeyboardInterrupt):  # the usual way to stop it
            if workers == 1:
                uvicorn.Server(config).run([listener])
            else:
                Multiprocess(config, [listener]).run()


def has_display(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a browser would have a window to open."""
    if platform in ("win32", "darwin"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def _shown(root: str, first: str) -> None:
    """Open the page in the person's browser as soon as it answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError), urlopen(f"{root}/healthz", timeout=1):
            webbrowser.open(first)
            return
        time.sleep(0.1)


def _worker(settings: Settings, run: Path, quiet: bool) -> ASGIApp:
    """The application of one process."""
    set_up_logging(quiet=quiet)
    _more_files()
    return application(settings, run)


def _next_free(host: str, port: int) -> socket.socket:
    """The first port from there on that nobody has; raises StoreError."""
    for one in range(port, min(port + NEXT, 65_535)):
        with suppress(StoreError):
            return _bound(host, one)
    return _bound(host, 0)


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens there; raises StoreError with a sentence."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, kind, protocol)
        if sys.platform != "win32":  # there it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise StoreError(f"不能在 {host} 的端口 {port} 上听：{error.strerror}；"
                         "换一个 --port，或先停掉占着它的程序") from error
    listener.set_inheritable(True)
    return listener


def _more_files() -> None:
    """Where the system has such a limit, raise it to what a thousand connections need."""
    with suppress(ImportError, ValueError, OSError):
        resource = import_module("resource")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
        if soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

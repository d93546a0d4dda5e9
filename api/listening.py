"""The sockets and processes of `xianglian serve`."""

import socket
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path

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

__all__ = ["listen"]

# Seconds that an idle connection is kept: longer than clients do (5 is usual), so that none is
# closed at the moment in which the next question comes.
KEEP = 60
FILES = 65_536  # connections and mapped arrays that one process may have open


def listen(settings: Settings, host: str, port: int, workers: int) -> None:
    """Answer until interrupted; raises StoreError for a store or address that cannot be opened."""
    open_store(settings.store, load_ontology(settings.ontology), create=False,
               read_only=True).close()  # what is wrong with it is said now, not by every worker
    settings = replace(settings, hosts=(*settings.hosts, host.casefold()),
                       guarded=not is_local(host))
    keys = Keys(settings.desk)
    listener = _bound(host, port)
    _more_files()
    with tempfile.TemporaryDirectory(prefix="xianglian-serve-", ignore_cleanup_errors=True) as run:
        config = uvicorn.Config(
            partial(_worker, settings, Path(run)), factory=True, workers=workers, http=Protocol,
            ws="none", log_config=None, access_log=False, server_header=False,
            proxy_headers=False, timeout_graceful_shutdown=10,
            timeout_keep_alive=KEEP)
        name = f"[{host}]" if ":" in host else host
        root = f"http://{name}:{listener.getsockname()[1]}"
        print(f"湘链在 {root}/docs（按 Ctrl+C 停止）", file=sys.stderr, flush=True)
        if is_local(host) and not settings.key and not keys.all():
            link = f"{root}/open?token={Sessions(Path(run), keys).link()}"
            print(f"要在这台电脑的浏览器里写入，打开（只能用一次）：{link}",
                  file=sys.stderr, flush=True)
        set_up_logging()
        with suppress(KeyboardInterrupt):  # the usual way to stop it
            if workers == 1:
                uvicorn.Server(config).run([listener])
            else:
                Multiprocess(config, [listener]).run()


def _worker(settings: Settings, run: Path) -> ASGIApp:
    """The application of one process."""
    set_up_logging()
    _more_files()
    return application(settings, run)


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

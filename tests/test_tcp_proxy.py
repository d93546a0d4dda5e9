"""The proxy for fault tests does what it is told, against an echo server."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.tcp_proxy import Proxy


class Echo(socketserver.BaseRequestHandler):
    """Gives back what it gets."""

    def handle(self) -> None:
        while data := self.request.recv(65536):
            self.request.sendall(data)


class EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with EchoServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with Proxy(server.server_address[1]) as proxy:
            yield proxy
        server.shutdown()
        thread.join()


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=10)


def ask(end: socket.socket, text: bytes) -> bytes:
    """What comes back; less than `text` where the connection ends."""
    sender = threading.Thread(target=end.sendall, args=(text,))
    sender.start()
    got = b""
    while len(got) < len(text) and (part := end.recv(65536)):
        got += part
    sender.join()
    return got


def test_it_forwards_both_ways(proxy: Proxy) -> None:
    text = bytes(range(256)) * 4000
    with connect(proxy) as one, connect(proxy) as other:
        assert ask(one, b"ping") == b"ping"
        assert ask(other, text) == text


def test_drop_ends_connections_and_serves_new_ones(proxy: Proxy) -> None:
    with connect(proxy) as end:
        assert ask(end, b"ping") == b"ping"
        proxy.drop()
        assert end.recv(10) == b""
    with connect(proxy) as end:
        assert ask(end, b"ping") == b"ping"


def test_drop_after_loses_the_rest_of_an_answer_once(proxy: Proxy) -> None:
    with connect(proxy) as end:
        proxy.drop_after(6)
        assert ask(end, b"four") == b"four"
        assert ask(end, b"four") == b"fo"
    with connect(proxy) as end:
        assert ask(end, b"0123456789") == b"0123456789"


def test_refuse_and_accept(proxy: Proxy) -> None:
    with connect(proxy) as standing:
        assert ask(standing, b"ping") == b"ping"
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
        assert ask(standing, b"ping") == b"ping"
        proxy.accept()
        with connect(proxy) as end:
            assert ask(end, b"ping") == b"ping"


def test_stall_holds_everything_back_for_a_while(proxy: Proxy) -> None:
    with connect(proxy) as end:
        assert ask(end, b"ping") == b"ping"
        proxy.stall(0.5)
        start = time.monotonic()
        assert ask(end, b"ping") == b"ping"
        assert time.monotonic() - start > 0.4


def test_trickle_is_slow_and_flow_ends_it(proxy: Proxy) -> None:
    with connect(proxy) as end:
        proxy.trickle(1, 0.05)
        start = time.monotonic()
        assert ask(end, b"0123456789") == b"0123456789"
        assert time.monotonic() - start > 0.4
        proxy.flow()
        assert ask(end, b"0" * 10000) == b"0" * 10000


def test_a_target_that_is_down_ends_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Proxy(port) as proxy, connect(proxy) as end:
        assert end.recv(10) == b""

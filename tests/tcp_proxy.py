"""A TCP proxy that fails when told to: drops, refuses, stalls, trickles, cuts an answer short."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any

BLOCK = 65536
COMMIT = b"\x00\x02\xb0\x12\x00\x00"  # as Bolt writes it, in a chunk of its own


class Proxy:
    """Forwards a port of its own on 127.0.0.1 to `host:port` until the `with` is left.

    Every command has taken effect when it returns; it holds for both directions and for
    connections to come, unless it says otherwise.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.target = (host, port)
        self.port = 0
        self._stalled_until = 0.0
        self._count, self._interval = BLOCK, 0.0
        self._left: int | None = None
        self._text = b""
        self._unheard: asyncio.StreamWriter | None = None
        self._told = False
        self.passed = 0  # bytes of answers so far
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def drop(self) -> None:
        """Ends all connections; new ones are served."""
        self._do(self._drop)

    def drop_after(self, count: int) -> None:
        """Lets `count` more bytes of answers through, then ends all connections, once."""
        self._do(self._drop_after, count)

    def unheard(self, text: str) -> None:
        """Keeps back the answer to the end of a transaction with this text, which the server has
        committed by then; ends all connections and refuses new ones, once."""
        self._do(self._keep_back, text)

    def refuse(self) -> None:
        """Refuses new connections; those that stand go on."""
        self._do(self._refuse)

    def accept(self) -> None:
        """Takes new connections again, on the same port."""
        self._do(self._listen)

    def stall(self, seconds: float) -> None:
        """Holds every byte back for `seconds`."""
        self._do(self._stall, seconds)

    def trickle(self, count: int, interval: float) -> None:
        """Lets `count` bytes through every `interval` seconds, each way of each connection."""
        self._do(self._trickle, count, interval)

    def flow(self) -> None:
        """Ends stalling and trickling."""
        self._do(self._stall, 0.0)
        self._do(self._trickle, BLOCK, 0.0)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        self._do(self._listen)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._do(self._close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, command: Callable[..., Coroutine[Any, Any, None]],
            *arguments: float | str) -> None:
        asyncio.run_coroutine_threadsafe(command(*arguments), self._loop).result()

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _drop_after(self, count: int) -> None:
        self._left = count

    async def _keep_back(self, text: str) -> None:
        self._text, self._unheard, self._told = text.encode(), None, False

    async def _stall(self, seconds: float) -> None:
        self._stalled_until = self._loop.time() + seconds

    async def _trickle(self, count: int, interval: float) -> None:
        self._count, self._interval = count, interval

    async def _close(self) -> None:
        await self._refuse()
        await self._drop()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = {writer}
        self._writers.add(writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):  # the latter at the end
            try:
                answers, out = await asyncio.open_connection(*self.target)
                ends.add(out)
                self._writers.add(out)
                pumps = [asyncio.create_task(self._pump(reader, out, writer, answer=False)),
                         asyncio.create_task(self._pump(answers, writer, writer, answer=True))]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                for pump in pumps:
                    pump.cancel()
            finally:
                self._writers -= ends
                for end in ends:
                    end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                    client: asyncio.StreamWriter, *, answer: bool) -> None:
        """Until one side ends."""
        writer.transport.set_write_buffer_limits(high=0)  # so that `drain` means sent
        with contextlib.suppress(OSError):
            while data := await reader.read(BLOCK):
                if self._text and await self._kept_back(data, client, answer):
                    return
                while data:
                    part, data = data[:self._count], data[self._count:]
                    await self._pass(part, writer, answer)

    async def _kept_back(self, data: bytes, client: asyncio.StreamWriter, answer: bool) -> bool:
        """Follows a transaction to its end; whether this is the answer that nobody shall hear."""
        if not answer:
            if self._text in data:
                self._unheard, self._told = client, False
            if client is self._unheard and COMMIT in data:
                self._told = True
        elif client is self._unheard and self._told:
            self._text = b""
            await self._refuse()
            await self._drop()
            return True
        return False

    async def _pass(self, part: bytes, writer: asyncio.StreamWriter, answer: bool) -> None:
        while (wait := self._stalled_until - self._loop.time()) > 0:
            await asyncio.sleep(min(wait, 0.05))
        await asyncio.sleep(self._interval)
        if answer and self._left is not None:
            part, self._left = part[:self._left], max(0, self._left - len(part))
        writer.write(part)
        await writer.drain()
        self.passed += len(part) if answer else 0
        if answer and self._left == 0:
            self._left = None
            await self._drop()

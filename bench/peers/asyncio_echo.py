# SPDX-License-Identifier: MIT
"""The echo server on Python's asyncio: asyncio_echo.py asyncio|uvloop protocol|streams."""

import asyncio
import resource
import socket
import sys


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def echo(reader, writer):
    try:
        while data := await reader.read(16384):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


def listen():
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))
    except (ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listener.getsockname()[1], flush=True)
    return listener


async def main(kind):
    listener, backlog = listen(), 4096
    if kind == "protocol":
        server = await asyncio.get_running_loop().create_server(Echo, sock=listener, backlog=backlog)
    else:
        server = await asyncio.start_server(echo, sock=listener, backlog=backlog)
    await server.serve_forever()


if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.install()
if sys.argv[2] != "--list":
    asyncio.run(main(sys.argv[2]))

"""An API server that knows one ConfigMap: it answers a list, and holds a watch open.

It is run as a file, in a process of its own: `fakeapi.py PORT DATA.json CERTIFICATE KEY`. A real one would use up the
second core.
"""

import asyncio
import json
import ssl
import sys
from functools import partial
from pathlib import Path

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_BOOKMARK_SECONDS = 30
_BOOKMARK = b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1"}}}\n'


async def _answer(found: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            if b"watch=true" in head.partition(b"\r\n")[0]:
                writer.write(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
                await _watch(writer)
            writer.write(_HEAD + b"Content-Length: %d\r\n\r\n" % len(found) + found)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        return  # the client hung up
    finally:
        writer.close()


async def _watch(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"%x\r\n%b\r\n" % (len(_BOOKMARK), _BOOKMARK))
        await writer.drain()
        await asyncio.sleep(_BOOKMARK_SECONDS)


async def _serve(port: int, data: str, tls: ssl.SSLContext) -> None:
    found = {
        "metadata": {"name": "hookrunner-history", "namespace": "hookrunner", "resourceVersion": "1"},
        "data": json.loads(data),
    }
    whole = {"metadata": {"resourceVersion": "1"}, "items": [found]}
    answer = partial(_answer, json.dumps(whole).encode())
    async with await asyncio.start_server(answer, "127.0.0.1", port, ssl=tls) as server:
        await server.serve_forever()


def _tls(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2]).read_text(), _tls(*sys.argv[3:])))

"""Ends TLS before a plain HTTP server on loopback, as the gateway does in a cluster.

It relays bytes and knows no HTTP, so keep-alive and whatever else the two sides do works as if they met.
It is a process of its own, to share no interpreter with what a bench measures, and is run as a file, with
the standard library only: `tls_front.py --listen PORT --target PORT --certificate FILE --key FILE`.
"""

import argparse
import asyncio
import ssl
from pathlib import Path

_CHUNK = 64 * 1024


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until one side ends, then end the other."""
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        return  # one side broke off; closing the other is all that is left, below
    finally:
        writer.close()


async def _serve(listen: int, target: int, context: ssl.SSLContext) -> None:
    async def accept(client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        try:
            server, question = await asyncio.open_connection("127.0.0.1", target)
        except OSError:  # nobody listens: the client sees a closed connection, as behind a gateway
            answer.close()
            return
        await asyncio.gather(_relay(client, question), _relay(server, answer))

    # No ALPN: HTTP/1.1, which is what the API server speaks to a webhook that is not on loopback.
    async with await asyncio.start_server(accept, "127.0.0.1", listen, ssl=context, backlog=1024) as front:
        await front.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--target", type=int, required=True)
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    options = parser.parse_args()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options.certificate, options.key)
    asyncio.run(_serve(options.listen, options.target, context))


if __name__ == "__main__":
    main()

"""func's server with TLS, or as Hypercorn comes: with its idle time-out and its limit of requests of a connection.

Run by the interpreter of .venv-func. BENCH_TLS is certificate:key, BENCH_ALPN the protocol to offer; BENCH_AS_IT_COMES
asks for the other.
"""

import os

from func_python.http import serve
from hypercorn.config import Config

import function
from function.asgi import Function


def new() -> Function:
    """As function.new; func's server wants this name."""
    own = Config.keep_alive_timeout, Config.keep_alive_max_requests
    made = function.new()  # sets ours
    if "BENCH_AS_IT_COMES" in os.environ:
        Config.keep_alive_timeout, Config.keep_alive_max_requests = own
    return made


if __name__ == "__main__":
    certificate, _, key = os.environ.get("BENCH_TLS", "").partition(":")
    if certificate:
        Config.certfile, Config.keyfile = certificate, key
        Config.alpn_protocols = [os.environ["BENCH_ALPN"]]
    serve(new)

"""The verification page against a bare page of the same size, in the same server with the same options."""

import itertools
import multiprocessing
import random
import socket
import statistics
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from urllib.error import HTTPError

from bench.bare import create_bare_app, write_bare_instance
from bench.figures import Figure, alternate
from bench.instance import Instance, settings_for
from shop.app import create_app
from shop.serve import run

__all__ = ["measure_page"]

ROUNDS, SECONDS = 9, 3.0
CLIENTS = 4  # connections that are kept open, each with one request under way
SPAWN: SpawnContext = multiprocessing.get_context("spawn")


def measure_page(instance: Instance) -> Figure:
    """Requests a second of sealed labels' pages, each scan recorded, against those of bare pages.

    The labels are thousands, in no order, so that no page is asked for twice in a short time.
    """
    paths = instance.units
    ours_port, bare_port = _free_port(), _free_port()
    with _serving(partial(_serve_ours, instance.folder, ours_port), ours_port, paths[0]):
        size = round(statistics.median(len(_get(ours_port, path)) for path in paths[:100]))
        bare = instance.folder / "bare"
        bare.mkdir()
        write_bare_instance(bare, page_bytes=size)
        numbers = [f"/things/{number}" for number in range(1, 101)]
        with _serving(partial(_serve_bare, bare, bare_port), bare_port, numbers[0]):
            return alternate(
                "verify_page_vs_bare",
                bar=0.3,
                ours=partial(_requests_per_second, ours_port, paths),
                reference=partial(_requests_per_second, bare_port, numbers),
                rounds=ROUNDS,
            )


def _serve_ours(folder: Path, port: int) -> None:
    run(partial(create_app, settings_for(folder, port)), host="127.0.0.1", port=port)


def _serve_bare(folder: Path, port: int) -> None:
    run(partial(create_bare_app, folder), host="127.0.0.1", port=port)


@contextmanager
def _serving(serve: Callable[[], None], port: int, path: str) -> Iterator[None]:
    process = SPAWN.Process(target=serve)
    process.start()
    try:
        _wait_for(process, port, path)
        yield
    finally:
        process.terminate()
        process.join(20)


def _wait_for(process: SpawnProcess, port: int, path: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            _get(port, path)
        except HTTPError:
            raise  # it answers, and what it answers is wrong
        except OSError:
            if time.monotonic() > deadline or not process.is_alive():
                raise
            time.sleep(0.05)
        else:
            return


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        body: bytes = response.read()
    return body


def _requests_per_second(port: int, paths: Sequence[str]) -> float:
    """Gives how many answers a second a process of a few connections gets; any error ends the benchmark."""
    with SPAWN.Pool(1) as pool:
        return pool.apply(_load, (port, paths))


def _load(port: int, paths: Sequence[str]) -> float:
    """Sends the next request on every connection before reading the answers, so the server never waits."""
    turn = itertools.islice(itertools.cycle(paths), random.randrange(len(paths)), None)
    connections = [HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(CLIENTS)]
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        for connection in connections:
            connection.request("GET", next(turn))
        for connection in connections:
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise RuntimeError(f"the server answered {response.status}")
            count += 1
    spent = time.perf_counter() - started
    for connection in connections:
        connection.close()
    return count / spent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

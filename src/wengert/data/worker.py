"""What a worker process does: make the batches that it is asked for, until nobody asks any more."""

from __future__ import annotations

import pickle
import signal
import traceback
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import connection as connections, parent_process
from typing import Any, NamedTuple

from wengert.data.fetch import Fetcher, WorkerInfo, set_worker
from wengert.data.transport import Writer

__all__ = ["INTERRUPTS", "Failure", "run"]

INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


class Failure(NamedTuple):
    """What is sent instead of a batch when making it raised: the exception, if it can be sent, and its traceback."""

    error: BaseException | None
    summary: str
    trace: str


def run(
    connection: Any,
    others: list[Any],
    token: str,
    fetcher: Fetcher | bytes,
    info: WorkerInfo,
    prepare: Callable[[int], Any] | None,
) -> None:
    """Serve until the loader closes its end of the connection, or is gone.

    others: the loader's ends of all connections so far, which a forked process inherits and must not keep open.
    fetcher: pickled unless this process was forked.
    """
    # Ctrl-C reaches all processes of a terminal, and a batch system's SIGTERM those of a job. The loader's process
    # answers it, perhaps after another step; then it closes the connection.
    for number in INTERRUPTS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)
    for other in others:
        other.close()
    set_worker(info)
    writer = Writer(connection, token)
    try:
        _serve(connection, writer, fetcher, prepare, info)
    except (EOFError, OSError):
        pass  # the loader has gone away, and wants no more: that is how an epoch that is left early ends
    finally:
        writer.close()


def _serve(connection: Any, writer: Writer, fetcher: Any, prepare: Any, info: WorkerInfo) -> None:
    ready: Fetcher | None = None
    parent = parent_process()
    wanted = [connection] if parent is None else [connection, parent.sentinel]
    while connection in connections.wait(wanted):
        slot, task = connection.recv()
        try:
            if ready is None:  # what fails here is reported like what fails later
                ready = pickle.loads(fetcher) if isinstance(fetcher, bytes) else fetcher
                set_worker(replace(info, dataset=ready.dataset))
                if prepare is not None:
                    prepare(info.id)
            answer = ready(task)
        except Exception as error:
            answer = _failure(error)
        try:
            writer.send(slot, answer)
        except (OSError, EOFError):
            raise
        except Exception as error:  # the batch cannot be pickled
            writer.send(slot, _failure(error))


def _failure(error: Exception) -> Failure:
    trace = "".join(traceback.format_exception(error))
    try:
        sendable = pickle.loads(pickle.dumps(error))
    except Exception:  # exceptions of all kinds come out of strangers' reductions; the text says what happened
        sendable = None
    return Failure(sendable, "".join(traceback.format_exception_only(error)).strip(), trace)

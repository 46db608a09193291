"""The loader's side of its worker processes: starting them, asking, waiting, noticing their death, ending them."""

from __future__ import annotations

import contextlib
import os
import pickle
import secrets
import signal
import time
import weakref
from collections.abc import Iterator
from multiprocessing import connection as connections, resource_tracker
from typing import Any

from wengert.data.fetch import Fetcher, Task, WorkerInfo
from wengert.data.transport import Reader
from wengert.data.worker import INTERRUPTS, Failure, run
from wengert.errors import InvalidArgument, WorkerError, WorkerTimeout, explain

__all__ = ["Pool"]

_PATIENCE = 1.0  # seconds that a worker has to finish what it is doing when nobody wants it any more


class _Worker:
    """A process, the connection to it, and what it was asked for and has not answered."""

    def __init__(self, process: Any, connection: Any, reader: Reader) -> None:
        self.process, self.connection, self.reader = process, connection, reader
        self.asked: list[Task] = []
        self.turn = 0


class Pool:
    """Worker processes that turn tasks into batches.

    Each answers in the order it was asked. It may be asked for `depth` batches before one is collected.
    """

    def __init__(
        self, fetcher: Fetcher, count: int, depth: int, context: Any, timeout: float, prepare: Any = None
    ) -> None:
        self.depth, self._timeout = depth, timeout
        self._workers: list[_Worker] = []
        # Removes the shared memory should everything be killed. Started first, so that all processes have the same one.
        resource_tracker.ensure_running()
        self._finalizer = weakref.finalize(self, _end, self._workers, depth, os.getpid())
        forked = context.get_start_method() == "fork"
        payload = fetcher if forked else _pickled(fetcher)
        if not forked and prepare is not None:
            _pickled(prepare)
        try:
            for number in range(count):
                self._start(context, number, count, payload, fetcher.seed, prepare, forked)
        except BaseException:
            self.close()
            raise

    def _start(
        self, context: Any, number: int, count: int, payload: Any, seed: int, prepare: Any, forked: bool
    ) -> None:
        ours, theirs = context.Pipe()
        token = f"wg{secrets.token_hex(4)}"
        others = [*[worker.connection for worker in self._workers], ours] if forked else []
        info = WorkerInfo(number, count, seed)
        process = context.Process(
            target=run,
            args=(theirs, others, token, payload, info, prepare),
            name=f"wengert-data-{number}",
            daemon=True,
        )
        with theirs:  # once the worker alone holds its end, its death closes the connection
            try:
                with _interrupts_later():
                    process.start()
            except BaseException:
                ours.close()
                raise
        self._workers.append(_Worker(process, ours, Reader(ours, token)))

    def __len__(self) -> int:
        return len(self._workers)

    def ask(self, number: int, task: Task) -> None:
        """Ask a worker for a batch."""
        worker = self._workers[number]
        slot, worker.turn = worker.turn % self.depth, worker.turn + 1
        worker.asked.append(task)
        with contextlib.suppress(OSError):  # it has died; collecting will say so
            worker.connection.send((slot, task))

    def collect(self, number: int) -> Any:
        """The next batch of a worker. Raises `WorkerError` if it raised or died, or took longer than the timeout."""
        task = self._workers[number].asked[0]
        answer = self._answer(number, task)
        if isinstance(answer, Failure):
            raise _raised(number, len(self), task, answer) from answer.error
        return answer

    def _answer(self, number: int, task: Task) -> Any:
        worker = self._workers[number]
        # Its end is noticed by the connection, which still holds what it had sent before.
        if not connections.wait([worker.connection], self._timeout or None):
            raise _late(number, len(self), task, self._timeout)
        try:
            answer = worker.reader.receive()
        except (EOFError, OSError) as error:
            worker.process.join()
            raise _dead(number, len(self), task, worker.process.exitcode) from error
        del worker.asked[0]
        return answer

    def drain(self) -> None:
        """Take delivery of everything that was asked for, and throw it away."""
        for number, worker in enumerate(self._workers):
            while worker.asked:
                self._answer(number, worker.asked[0])

    def close(self) -> None:
        """End the workers and give back what they held."""
        self._finalizer()


def _end(workers: list[_Worker], slots: int, owner: int) -> None:
    """Close the connections, at which workers end by themselves; kill those that do not in time."""
    if os.getpid() != owner:  # a process that was forked from the loader's has no workers
        return
    for worker in workers:
        worker.connection.close()
    deadline = time.monotonic() + _PATIENCE
    for worker in workers:
        worker.process.join(max(0.0, deadline - time.monotonic()))
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()
        worker.reader.close(slots, orphaned=worker.process.exitcode != 0)
        worker.process.close()
    workers.clear()


@contextlib.contextmanager
def _interrupts_later() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM, also in a process that is started meanwhile, which lets go of them itself."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pickled(fetcher: Any) -> bytes:
    try:
        return pickle.dumps(fetcher)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InvalidArgument(
            explain(
                f"a DataLoader cannot send its dataset to worker processes: {error}.",
                "A worker that is not forked gets dataset, transform, collate_fn and worker_init_fn by pickle, which "
                "knows functions and classes by the module they are in.",
                'Define them at the top of a module, or use multiprocessing_context="fork" where there is one.',
            )
        ) from error


def _what(number: int, count: int, task: Task) -> tuple[str, str]:
    indices = task.indices
    listed = indices if isinstance(indices, list) else [] if indices is None else [indices]
    shown = ", ".join(map(str, listed[:5])) + (", …" if len(listed) > 5 else "")
    samples = f" (samples {shown})" if listed else ""
    return f"worker {number} of {count}", f"batch {task.number} of epoch {task.epoch}{samples}"


def _raised(number: int, count: int, task: Task, failure: Failure) -> WorkerError:
    who, what = _what(number, count, task)
    error = WorkerError(
        explain(
            f"{who} of a DataLoader raised {failure.summary.splitlines()[-1]}",
            f"That was while it made {what}; its traceback follows.",
            "Mend the dataset or the transform; with num_workers=0 a debugger can follow it.",
        )
    )
    error.add_note(f"\nThe worker's traceback:\n\n{failure.trace}")
    return error


def _dead(number: int, count: int, task: Task, code: int | None) -> WorkerError:
    who, what = _what(number, count, task)
    if code is not None and code < 0:
        how = f"was killed by {signal.Signals(-code).name}"
        often = code == -signal.SIGKILL
        why = "Often that is the system running out of memory" if often else "Native code that it called has crashed"
    else:
        how, why = f"ended with exit code {code}", "Something in it has left the process, or it could not start"
    return WorkerError(
        explain(
            f"{who} of a DataLoader {how} while it made {what}.",
            f"{why}; the batch is lost, and so is the order of those after it.",
            "Use fewer workers or smaller batches if memory is short, num_workers=0 to find out, and "
            'if __name__ == "__main__": around a script whose workers are spawned.',
        )
    )


def _late(number: int, count: int, task: Task, timeout: float) -> WorkerTimeout:
    who, what = _what(number, count, task)
    return WorkerTimeout(
        explain(
            f"{who} of a DataLoader did not deliver {what} within {timeout:g} s.",
            "It is slow, or waits for something that does not come.",
            "Give a longer timeout, or 0 to wait as long as it takes; num_workers=0 shows where it stands.",
        )
    )

"""DataLoader: what it yields is a function of seed, epoch and position; worker processes neither change it nor leak."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import wengert as wg
from tests.data import stock
from wengert import data, tree
from wengert.errors import InvalidArgument, StructureMismatch, WorkerError, WorkerTimeout

FORK = {"multiprocessing_context": "fork"}


def flat(batches):
    return [[x.tolist() if hasattr(x, "tolist") else x for x in tree.leaves(batch)] for batch in batches]


def shared_memory():
    return {name for name in os.listdir("/dev/shm") if name.startswith("wg")} if os.path.isdir("/dev/shm") else set()


@pytest.fixture(autouse=True)
def nothing_leaks():
    before = shared_memory()
    yield
    assert not multiprocessing.active_children()
    assert shared_memory() <= before


def test_batches_of_arrays_and_tensors():
    x, y = np.arange(10.0).reshape(5, 2).astype(np.float32), wg.tensor([0.0, 1.0, 2.0, 3.0, 4.0])
    batches = list(data.DataLoader(data.TensorDataset(x, y), 2))
    assert [b[0].shape for b in batches] == [(2, 2), (2, 2), (1, 2)]
    assert batches[0][0].dtype == np.float32 and isinstance(batches[0][1], wg.Tensor)
    assert np.array_equal(np.concatenate([b[0] for b in batches]), x)
    one_by_one = list(data.DataLoader(data.TensorDataset(x, y), 2, collate_fn=data.default_collate))
    assert flat(one_by_one) == flat(batches)


def test_length_and_drop_last():
    for n, size in [(10, 3), (9, 3), (0, 3), (2, 3)]:
        for drop in (False, True):
            loader = data.DataLoader(range(n), size, drop_last=drop)
            assert len(list(loader)) == len(loader) == (n // size if drop else -(-n // size))
    assert flat(data.DataLoader(range(3), None)) == [[0], [1], [2]]
    assert len(data.DataLoader(range(3), batch_sampler=[[0, 1], [2]])) == 2


def test_shuffling_is_by_seed_and_epoch():
    def epochs(seed):
        loader = data.DataLoader(np.arange(50), 50, shuffle=True, seed=seed)
        return [next(iter(loader)).tolist() for _ in range(3)]

    one, again, other = epochs(1), epochs(1), epochs(2)
    assert one == again
    assert one != other
    assert len({tuple(order) for order in one}) == 3
    assert all(sorted(order) == list(range(50)) for order in one)


def test_without_a_seed_manual_seed_decides():
    def order():
        wg.manual_seed(3)
        return flat(data.DataLoader(range(20), 4, shuffle=True))

    assert order() == order()
    generators = [np.random.default_rng(5), wg.Generator().manual_seed(5)]
    one, two = (flat(data.DataLoader(range(20), 4, shuffle=True, generator=g)) for g in generators)
    assert one == two


@pytest.mark.parametrize(
    "dataset", [stock.Noisy(), stock.Noisy(7, 9000), stock.Counting(9)], ids=["small", "large", "stream"]
)
def test_workers_do_not_change_the_batches(dataset):
    def two_epochs(workers, **options):
        shuffle = None if isinstance(dataset, data.IterableDataset) else True
        loader = data.DataLoader(dataset, 2, shuffle, num_workers=workers, seed=4, **options)
        found = [flat(loader), flat(loader)]
        loader.close()
        return found

    here = two_epochs(0)
    assert here[0] != here[1]
    assert two_epochs(1, **FORK) == here
    assert two_epochs(3, persistent_workers=True, prefetch_factor=3, **FORK) == here


def test_spawned_workers():
    loader = data.DataLoader(
        stock.Noisy(5, 9000),
        2,
        transform=data.transforms.OnEntry("x", stock.jitter),
        num_workers=1,
        seed=0,
        multiprocessing_context="spawn",
    )
    here = data.DataLoader(stock.Noisy(5, 9000), 2, transform=data.transforms.OnEntry("x", stock.jitter), seed=0)
    assert flat(loader) == flat(here)


def test_batches_from_workers_can_be_written_to():
    for size in (3, 9000):
        for batch in data.DataLoader(stock.Noisy(2, size), 2, num_workers=1, **FORK):
            batch["x"] += 1


def test_global_generators_in_workers_belong_to_the_batch():
    runs = [
        flat(data.DataLoader(range(8), 2, num_workers=n, transform=stock.global_random, seed=1, **FORK)) for n in (1, 2)
    ]
    assert runs[0] == runs[1]
    assert len({x for [batch] in runs[0] for x in np.mod(batch, 1)}) == 8


def test_shards_are_taken_in_turns():
    def found(workers):
        return [x for [batch] in flat(data.DataLoader(stock.Shards(), 2, num_workers=workers, **FORK)) for x in batch]

    assert found(0) == list(range(10))
    assert found(3) == [0, 3, 1, 4, 2, 5, 6, 9, 7, 8]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    "dataset", [stock.Noisy(), stock.Counting(11), stock.Shards()], ids=["map", "stream", "shards"]
)
def test_resumed_in_the_middle(dataset, workers):
    def loader(seed=None):
        shuffle = None if isinstance(dataset, data.IterableDataset) else True
        return data.DataLoader(dataset, 2, shuffle, num_workers=workers, seed=seed, **(FORK if workers else {}))

    whole = loader(8)
    expected = flat(whole) + flat(whole)
    first = loader(8)
    seen = []
    for batch in first:
        seen += flat([batch])
        if first.position == 3:
            state = first.state_dict()
            break
    second = loader()
    second.load_state_dict(state)
    assert (second.epoch, second.position, second.resumes_at) == (0, 3, 3)
    assert seen + flat(second) + flat(second) == expected
    assert (second.epoch, second.position, second.resumes_at) == (2, 0, 0)


def test_resumed_after_the_last_batch_but_before_the_end():
    first = data.DataLoader(range(4), 2, shuffle=True, seed=0)
    for _ in first:
        state = first.state_dict()
    assert (state["epoch"], state["position"]) == (0, 2) and first.state_dict()["epoch"] == 1
    second = data.DataLoader(range(4), 2, shuffle=True)
    second.load_state_dict(state)
    assert flat(second) == []
    assert flat(second) == flat(first)


def test_a_sampler_with_its_own_generator_resumes():
    def loader(seed):
        sampler = data.RandomSampler(range(12), generator=np.random.default_rng(seed))
        return data.DataLoader(range(12), 3, sampler=sampler)

    whole = loader(1)
    expected = flat(whole) + flat(whole)
    first, second = loader(1), loader(99)
    begin = [next(iter(first)).tolist()]
    second.load_state_dict(first.state_dict())
    assert [begin, *flat(second), *flat(second)] == expected


def test_leaving_early_starts_the_next_epoch_and_frees_the_workers():
    for persistent in (False, True):
        loader = data.DataLoader(range(20), 2, True, num_workers=2, seed=0, persistent_workers=persistent, **FORK)
        for _ in loader:
            break
        assert bool(multiprocessing.active_children()) == persistent
        here = data.DataLoader(range(20), 2, True, seed=0)
        next(iter(here))
        assert flat(loader) == flat(here)
        loader.close()


def test_two_passes_at_once():
    loader = data.DataLoader(range(6), 2, num_workers=1, persistent_workers=True, **FORK)
    assert all(np.array_equal(a, b) for a, b in zip(loader, loader, strict=True))
    loader.close()


def test_an_exception_in_the_loop_ends_the_workers():
    def train():
        for _ in data.DataLoader(range(20), 2, num_workers=2, **FORK):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train()


@pytest.mark.parametrize(
    "trouble, message",
    [
        (
            "raise",
            r"worker 0 of 2 of a DataLoader raised KeyError: 'no such sample'\n.*batch 2 of epoch 0 \(samples 4, 5\)",
        ),
        ("die", r"worker 0 of 2 of a DataLoader was killed by SIGKILL while it made batch 2.*\n.*out of memory"),
        ("leave", "ended with exit code 3"),
        ("unpicklable", "(?s)raised .*pickle"),
    ],
)
def test_trouble_in_a_worker(trouble, message):
    dataset = stock.Troubled(trouble)
    loader = data.DataLoader(dataset, 2, num_workers=2, collate_fn=list, **FORK)
    batches = iter(loader)
    assert [next(batches), next(batches)] == [[0, 1], [2, 3]]
    with pytest.raises(WorkerError, match=message) as caught:
        next(batches)
    assert len(str(caught.value).splitlines()) == 3
    if trouble == "raise":
        assert isinstance(caught.value.__cause__, KeyError)
        assert "stock.py" in caught.value.__notes__[0]


def test_a_worker_that_is_late():
    with pytest.raises(WorkerTimeout, match=r"batch 0 of epoch 0 \(samples 0\) within 0\.3 s") as caught:
        list(data.DataLoader(stock.Troubled("hang", 0), 1, num_workers=1, timeout=0.3, **FORK))
    assert isinstance(caught.value, TimeoutError)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_workers_leave_interrupts_to_the_loader(method, number):
    batches = iter(data.DataLoader(range(20), 2, num_workers=1, multiprocessing_context=method))
    while not (workers := multiprocessing.active_children()):
        first = next(batches)
    os.kill(workers[0].pid, number)
    assert flat([first, *batches]) == [[[n, n + 1]] for n in range(0, 20, 2)]


def test_shared_memory_of_a_killed_worker_is_removed():
    batches = iter(data.DataLoader(stock.Noisy(40, 9000), 2, num_workers=1, **FORK))
    next(batches)
    held = shared_memory()
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
    with pytest.raises(WorkerError, match="SIGKILL"):
        list(batches)
    assert held or not os.path.isdir("/dev/shm")


def test_initialisation_of_workers_fails():
    with pytest.raises(WorkerError, match="worker 0 is not wanted"):
        list(data.DataLoader(range(4), num_workers=1, worker_init_fn=stock.refuse, **FORK))


def test_what_cannot_be_sent_to_spawned_workers():
    loader = data.DataLoader(range(4), num_workers=1, transform=lambda x: x, multiprocessing_context="spawn")
    with pytest.raises(InvalidArgument, match="cannot send its dataset"):
        list(loader)


@pytest.mark.parametrize(
    "arguments",
    [
        {"shuffle": True, "sampler": [0]},
        {"batch_sampler": [[0]], "batch_size": 2},
        {"batch_size": None, "drop_last": True},
        {"batch_size": 0},
        {"num_workers": -1},
        {"persistent_workers": True},
        {"seed": -1},
    ],
)
def test_contradictions(arguments):
    with pytest.raises(InvalidArgument, match="DataLoader"):
        data.DataLoader(range(3), **arguments)
    with pytest.raises(InvalidArgument, match="IterableDataset"):
        data.DataLoader(stock.Counting(), shuffle=True)
    with pytest.raises(StructureMismatch, match="seed, epoch, position"):
        data.DataLoader(range(3)).load_state_dict({"epoch": 1})


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="shared memory has no names to look at here")
def test_nothing_remains_of_a_killed_process():
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.data.orphans"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([os.getcwd(), *filter(None, sys.path)])},
    )
    held = set(process.stdout.readline().split())
    assert held and held <= shared_memory()
    process.send_signal(signal.SIGKILL)
    process.communicate()  # ends when the workers have ended, too: they hold its output open
    for _ in range(100):
        if not held & shared_memory():
            break
        time.sleep(0.05)
    assert not held & shared_memory()


def test_a_process_forked_from_a_loaders_leaves_its_workers_alone():
    batches = iter(data.DataLoader(range(20), 2, num_workers=1, **FORK))
    next(batches)
    child = os.fork()
    if not child:
        batches.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert len(list(batches)) == 9

"""A run that is killed or interrupted and resumed ends with the same bits as one that was left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wengert import train

LAST = 11
SCRIPT = str(Path(__file__).with_name("model.py"))


def start(folder, pause=0.0):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return subprocess.Popen(
        [sys.executable, SCRIPT, str(folder), str(LAST), str(pause)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


def steps(process, until=None):
    """The steps that a process prints, up to one of them."""
    found = []
    for line in process.stdout:
        found.append(int(line))
        if found[-1] == until:
            break
    return found


def finished(process):
    found = steps(process)
    errors = process.communicate()[1]
    assert process.returncode == 0, errors
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert finished(start(folder)) == list(range(1, LAST + 1))
    return folder


def same(folder, other):
    return all(Path(folder, name).read_bytes() == Path(other, name).read_bytes() for name in ("weights", "log.csv"))


def test_killed_in_the_middle(undisturbed, tmp_path):
    process = start(tmp_path, pause=0.1)
    steps(process, until=5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert train.latest(tmp_path).name == "step-0000000003.safetensors"
    assert finished(start(tmp_path)) == list(range(4, LAST + 1))
    assert same(tmp_path, undisturbed)
    assert sorted(p.name for p in tmp_path.glob("step-*")) == [
        "step-0000000009.safetensors",
        "step-0000000011.safetensors",
    ]
    # The first run's worker noticed that nobody reads what it sends.
    for _ in range(100):
        if not any(str(tmp_path) in line for line in commands()):
            break
        time.sleep(0.05)
    else:
        pytest.fail("a worker process outlives its loader")


def commands():
    """The command lines of all processes, where the system shows them."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended meanwhile
            continue


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(undisturbed, tmp_path, number):
    process = start(tmp_path, pause=0.1)
    steps(process, until=4)
    os.killpg(process.pid, number)  # as a terminal or a batch system does: the workers get it, too
    last = max([4, *finished(process)])
    assert last < LAST
    assert train.latest(tmp_path).name == f"step-{last:010}.safetensors"
    finished(start(tmp_path))
    assert same(tmp_path, undisturbed)

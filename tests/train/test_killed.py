"""A run that is killed or interrupted and resumed ends with the same bits as one that was left alone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wengert import train

LAST = 11
SCRIPT = str(Path(__file__).with_name("model.py"))


def start(folder):
    return subprocess.Popen(
        [sys.executable, SCRIPT, str(folder), str(LAST)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        start_new_session=True,
    )


def wait_for(process, step):
    """Let a process go on up to a step, after which it waits."""
    while int(process.stdout.readline()) < step:
        process.stdin.write("\n")
        process.stdin.flush()


def finished(process):
    """Let a process go on to its end; returns the steps that it prints."""
    out, errors = process.communicate()
    assert process.returncode == 0, errors
    return [int(line) for line in out.splitlines()]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert finished(start(folder)) == list(range(1, LAST + 1))
    return folder


def same(folder, other):
    return all(Path(folder, name).read_bytes() == Path(other, name).read_bytes() for name in ("weights", "log.csv"))


def test_killed_in_the_middle(undisturbed, tmp_path):
    process = start(tmp_path)
    wait_for(process, 5)
    process.send_signal(signal.SIGKILL)
    process.communicate()  # ends when its worker has ended, too, which holds the output open
    assert train.latest(tmp_path).name == "step-0000000003.safetensors"
    assert finished(start(tmp_path)) == list(range(4, LAST + 1))
    assert same(tmp_path, undisturbed)
    assert sorted(path.name for path in tmp_path.glob("step-*")) == [f"step-{n:010}.safetensors" for n in (9, LAST)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(undisturbed, tmp_path, number):
    process = start(tmp_path)
    wait_for(process, 4)
    os.killpg(process.pid, number)  # as a terminal or a batch system does: the workers get it, too
    assert finished(process) == []
    assert train.latest(tmp_path).name == "step-0000000004.safetensors"
    assert finished(start(tmp_path)) == list(range(5, LAST + 1))
    assert same(tmp_path, undisturbed)

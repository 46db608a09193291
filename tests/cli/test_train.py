"""`wengert train`: every program learns; killed or stopped and resumed, it ends with the same bits."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import wengert as wg
from wengert.cli.commands import wengert
from wengert.cli.training import PROGRAMS
from wengert.train import Interrupt

RESULTS = "model.safetensors", "log.csv", "picture.png"
# Enough for eight small steps in two epochs.
TEXT = "".join(f"{n} times {n} is {n * n}.\n" for n in range(80))


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    file = tmp_path_factory.mktemp("text") / "squares.txt"
    file.write_text(TEXT)
    return file


def arguments(name, folder, text, *more):
    file = ["--file", str(text)] if name.startswith("text-") and "--resume" not in more else []
    return ["train", name, "--out", str(folder), *file, *map(str, more)]


def run(*args):
    result = CliRunner().invoke(wengert, list(map(str, args)))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def started(*args):
    return subprocess.Popen(
        [sys.executable, "-m", "wengert", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )


def wait_for_checkpoint(folder, step, process):
    """Wait until the checkpoint of some step, or of a later one, is there."""
    while process.poll() is None and not any(int(p.stem[5:]) >= step for p in folder.glob("step-*.safetensors")):
        time.sleep(0.01)
    assert process.poll() is None, process.communicate()


def contents(folder):
    return {name: Path(folder, name).read_bytes() for name in RESULTS}


def refused(result):
    """The three lines of a refusal, of which nothing else is seen."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("Error: ")
    return result.stderr


@pytest.fixture(scope="module")
def whole(tmp_path_factory, text):
    """Folders and printed lines of undisturbed runs of two epochs, by program."""
    made = {}

    def get(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            made[name] = folder, run(*arguments(name, folder, text, "--epochs", 2, "--seed", 3))
        return made[name]

    return get


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_learns(name, whole):
    folder, result = whole(name)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    with open(folder / "log.csv") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
    ends = [row for row in rows if row["epoch"]]
    assert [float(row["epoch"]) for row in ends] == [1, 2]
    assert float(ends[1]["training_loss"]) < float(ends[0]["training_loss"])
    half = len(rows) // 2
    assert float(ends[0]["training_loss"]) == pytest.approx(np.mean([float(row["loss"]) for row in rows[:half]]))
    assert (folder / "picture.png").read_bytes()[:4] == b"\x89PNG"
    assert all(np.all(np.isfinite(x)) for x in wg.train.load(folder / "model.safetensors").values())
    shown = re.findall(r"^ +(\d) +([\d.]+) +([\d.]+) +([\d.]+)$", result.stdout, re.MULTILINE)
    assert [[float(x) for x in line[1:]] for line in shown] == [
        [round(float(row[key]), 4) for key in ("training_loss", "validation_loss", "accuracy")] for row in ends
    ]


# digits-mlp is stopped below.
@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "digits-mlp"])
def test_killed_and_resumed(name, whole, text, tmp_path):
    undisturbed, _ = whole(name)
    process = started(*arguments(name, tmp_path, text, "--epochs", 2, "--seed", 3, "--save-every", 0))
    wait_for_checkpoint(tmp_path, 3, process)
    process.kill()
    process.communicate()
    result = run(*arguments(name, tmp_path, text, "--resume"))
    assert result.exit_code == 0, result.output
    assert "Going on after step " in result.stdout
    assert contents(tmp_path) == contents(undisturbed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_and_resumed(number, whole, text, tmp_path):
    undisturbed, _ = whole("digits-mlp")
    process = started(*arguments("digits-mlp", tmp_path, text, "--epochs", 2, "--seed", 3, "--save-every", 0))
    wait_for_checkpoint(tmp_path, 2, process)
    process.send_signal(number)
    out, errors = process.communicate()
    assert process.returncode == 128 + number, errors
    stopped = re.search(r"Stopped after step (\d+), in epoch (\d) of 2\.\nGo on with: (.*)$", out)
    assert stopped is not None, out
    assert stopped[3] == f"wengert train digits-mlp --out {tmp_path} --resume"
    assert wg.train.latest(tmp_path).stem == f"step-{int(stopped[1]):010}"
    assert run(*stopped[3].split()[1:]).exit_code == 0
    assert contents(tmp_path) == contents(undisturbed)


@pytest.mark.parametrize("step", [19, 20, 21, 40])
def test_stopped_around_the_end_of_an_epoch(step, whole, text, tmp_path, monkeypatch):
    class StoppedAt(Interrupt):
        def __bool__(self):
            return (tmp_path / f"step-{step:010}.safetensors").exists()

    undisturbed, _ = whole("two-moons")
    with monkeypatch.context() as patched:
        patched.setattr("wengert.cli.training.Interrupt", StoppedAt)
        args = arguments("two-moons", tmp_path, text, "--epochs", 2, "--seed", 3, "--save-every", 0)
        result = run(*args)
    assert result.exit_code == 130, result.output
    assert f"Stopped after step {step}, in epoch {1 if step <= 20 else 2} of 2." in result.stdout
    assert run(*arguments("two-moons", tmp_path, text, "--resume")).exit_code == 0
    assert contents(tmp_path) == contents(undisturbed)


@pytest.mark.parametrize("name", ["two-moons", "digits-cnn", "text-transformer"])
def test_a_finished_run_is_left_as_it_is(name, whole, text):
    folder, _ = whole(name)
    before = contents(folder)
    assert run(*arguments(name, folder, text, "--resume", "--epochs", 2)).exit_code == 0
    assert contents(folder) == before


def test_corrupt_checkpoints(text, tmp_path):
    args = arguments("two-moons", tmp_path, text, "--epochs", 2)
    assert run(*args).exit_code == 0
    before = contents(tmp_path)
    _, last = sorted(tmp_path.glob("step-*"))
    last.write_bytes(last.read_bytes()[:-100])
    result = run(*arguments("two-moons", tmp_path, text, "--resume"))
    assert f"{last} is" in result.stdout or last.name in result.stdout
    assert "Going on after step 20, in epoch 2 of 2." in result.stdout
    assert contents(tmp_path) == before
    for file in tmp_path.glob("step-*.safetensors"):
        file.write_bytes(b"nothing of the kind")
    for _ in range(2):
        result = run(*arguments("two-moons", tmp_path, text, "--resume"))
        assert result.exit_code == 2
        assert f"no checkpoint in {tmp_path} is whole" in result.stderr
        assert len(result.stderr.splitlines()) == 3


def test_killed_before_the_first_checkpoint(whole, text, tmp_path):
    undisturbed, _ = whole("two-moons")
    (tmp_path / "settings.json").write_bytes((undisturbed / "settings.json").read_bytes())
    assert run(*arguments("two-moons", tmp_path, text, "--resume")).exit_code == 0
    assert contents(tmp_path) == contents(undisturbed)


def test_what_cannot_be_done_is_refused(text, tmp_path, whole):
    assert "Write: wengert train digits-cnn" in refused(run("train", "digit-cnn"))
    folder, _ = whole("two-moons")
    assert "holds a run already" in refused(run("train", "two-moons", "--out", folder))
    assert "holds no run" in refused(run("train", "two-moons", "--out", tmp_path, "--resume"))
    assert "has the seed 3, not 4" in refused(run("train", "two-moons", "--out", folder, "--resume", "--seed", 4))
    assert "has the program two-moons, not digits-cnn" in refused(
        run("train", "digits-cnn", "--out", folder, "--resume")
    )
    assert "reads no --file" in refused(run("train", "two-moons", "--out", tmp_path, "--file", text))
    assert "cannot write into" in refused(run("train", "two-moons", "--out", text))
    (tmp_path / "settings.json").write_text('{"program": "two-moons"}')
    assert "is damaged" in refused(run("train", "two-moons", "--out", tmp_path, "--resume"))
    assert not list(tmp_path.glob("step-*"))


def test_texts_that_cannot_be_learned(tmp_path, text):
    def attempt(content):
        if content is not None:
            (tmp_path / "text").write_bytes(content)
        return refused(run("train", "text-gru", "--out", tmp_path / "run", "--file", tmp_path / "text"))

    assert "cannot read" in attempt(None)
    assert not (tmp_path / "run").exists()
    assert "byte 1 is 0xff" in attempt(b"a\xff")
    assert not (tmp_path / "run").exists()
    assert "at least 650 characters" in attempt(b"too short")
    assert not (tmp_path / "run").exists()


def test_a_text_that_changed(whole, tmp_path):
    settings = json.loads((whole("text-gru")[0] / "settings.json").read_text())
    (tmp_path / "text").write_text(TEXT + "more")
    (tmp_path / "settings.json").write_text(json.dumps(settings | {"file": str(tmp_path / "text")}))
    assert "is not the text any more" in refused(run("train", "text-gru", "--out", tmp_path, "--resume"))


@pytest.mark.parametrize("package, module", [("scikit-learn", "sklearn.datasets"), ("matplotlib", "matplotlib.figure")])
def test_a_missing_package_is_named(package, module, tmp_path):
    code = f"import sys; sys.modules[{module!r}] = None; from wengert.cli import main; main()"
    args = [sys.executable, "-c", code, "train", "digits-mlp", "--out", str(tmp_path / "run")]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    result = subprocess.run(args, capture_output=True, text=True, env=env)
    assert result.returncode == 2
    what, _, instead = result.stderr.splitlines()
    assert f"needs {package}" in what
    assert "pip install 'wengert[" in instead
    assert not (tmp_path / "run").exists()

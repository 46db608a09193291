"""Logs, progress, early stopping, and signals."""

import io
import math
import os
import pty
import signal
import struct
import threading

import numpy as np
import pytest

import wengert as wg
from wengert import data, train
from wengert.errors import InvalidArgument
from wengert.train import events, progress


def test_rows_of_a_table(tmp_path):
    path = tmp_path / "runs" / "log.csv"
    with train.CSVLogger(path) as log:
        log.log(1, loss=wg.tensor(0.5))
        log.log(1, accuracy=1)
        log.log(2, loss=1 / 3)
        log.log(2, loss=0.25)
        log.log(4, loss=math.nan)
    assert path.read_text() == "step,loss,accuracy\n1,0.5,1.0\n2,0.25,\n4,nan,\n"
    with train.CSVLogger(path) as log:
        assert log.step == 4
        log.log(2, accuracy=0.5)
        log.log(3, loss=0.1)
    assert path.read_text() == "step,loss,accuracy\n1,0.5,1.0\n2,0.25,0.5\n3,0.1,\n"
    with open(path, "ab") as file:
        file.write(b"4,0.")
    log = train.CSVLogger(path)
    assert log.step == 3 and log.state_dict() == {"step": 3}
    log.load_state_dict({"step": 1})
    log.close()
    log.log(5, loss=1)
    log.close()
    assert path.read_text() == "step,loss,accuracy\n1,0.5,1.0\n5,1.0,\n"
    log.load_state_dict({"step": None})
    log.close()
    assert path.read_text() == "step,loss,accuracy\n"


def test_another_file_is_not_taken_for_a_log(tmp_path):
    for text in ("a,b\n1,2\n", "step,b\nx,2\n"):
        (tmp_path / "a.csv").write_text(text)
        with pytest.raises(InvalidArgument, match="is another file"):
            train.CSVLogger(tmp_path / "a.csv")
        assert (tmp_path / "a.csv").read_text() == text


def fields(data):
    """A message of protocol buffers as pairs of field number and value, decoded independently of what wrote it."""
    found, place = [], 0

    def varint():
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            value = varint()
        elif kind == 2:
            size = varint()
            value, place = data[place : place + size], place + size
        else:
            size = {1: 8, 5: 4}[kind]
            value, place = struct.unpack({1: "<d", 5: "<f"}[kind], data[place : place + size])[0], place + size
        found.append((key >> 3, value))
    return found


def test_event_files(tmp_path):
    with train.EventWriter(tmp_path, clock=lambda: 1.5) as writer:
        writer.log(3, loss=wg.tensor(0.25), huge=1e300)
        writer.histogram(300, "weights", wg.tensor([0.0, 1.0, 1.0, math.inf]), bins=2)
        assert writer.state_dict() == {"step": 300}
        writer.load_state_dict({"step": 3})
    version, scalars, histogram, start = [dict(fields(data)) for data in events.records(writer.path)]
    assert version == {1: 1.5, 3: b"brain.Event:2"}
    assert (scalars[1], scalars[2]) == (1.5, 3)
    values = [dict(fields(value)) for _, value in fields(scalars[5])]
    assert values == [{1: b"loss", 2: 0.25}, {1: b"huge", 2: math.inf}]
    assert histogram[2] == 300
    body = dict(fields(dict(fields(dict(fields(histogram[5]))[1]))[5]))
    assert [body[n] for n in range(1, 6)] == [0, 1, 3, 2, 2]
    assert [struct.unpack("<2d", body[n]) for n in (6, 7)] == [(0.5, 1.0), (1.0, 2.0)]
    assert start[2] == 4 and fields(start[7]) == [(1, 1)]
    raw = writer.path.read_bytes()
    for damaged, whole in [(raw[:-3], 3), (raw[:-5] + b"?" + raw[-4:], 3), (b"?" + raw[1:], 0)]:
        (tmp_path / "damaged").write_bytes(damaged)
        assert len(events.records(tmp_path / "damaged")) == whole
    with train.EventWriter(tmp_path, clock=lambda: 1.5) as second:
        assert second.path != writer.path


def test_logger_writes_both_and_forgets_both(tmp_path):
    with train.Logger(tmp_path) as log:
        log.log(1, loss=1.0)
        state = log.state_dict()
        log.log(2, loss=2.0)
        log.load_state_dict(state)
    assert (tmp_path / "log.csv").read_text() == "step,loss\n1,1.0\n"
    assert len(events.records(next(tmp_path.glob("events.*")))) == 4
    with train.Logger(tmp_path / "x", tensorboard=False) as log:
        log.load_state_dict(state)
        log.log(2, loss=0.5)
    assert os.listdir(tmp_path / "x") == ["log.csv"]


def test_progress_that_leaves_nothing_behind():
    text = io.StringIO()
    assert list(train.Progress(range(3), file=text, leave=False)) == [0, 1, 2]
    assert text.getvalue() == ""
    now = iter([0.0, 31.0, 32.0, 33.0, 34.0])
    list(train.Progress(range(2), "fit", file=text, leave=False, clock=lambda: next(now)))
    assert text.getvalue().splitlines() == ["fit: 1/2, 0.032 batches/s, 31.0 s"]


def test_progress_without_a_terminal():
    now = iter(range(0, 1000, 20))
    text = io.StringIO()
    bar = train.Progress((n for n in range(3)), "fit", file=text, clock=lambda: next(now))
    for n in bar:
        bar.show(loss=wg.tensor(n / 7))
    assert text.getvalue().splitlines() == [
        "fit: 2, loss 0.1429, 0.05 batches/s, 40.0 s",
        "fit: 3, loss 0.2857, 0.037 batches/s, 80.0 s",
    ]
    text = io.StringIO()
    for _ in train.Progress([(np.zeros((600, 2)), 1)] * 4, file=text, clock=lambda: next(now)):
        break
    assert text.getvalue().startswith("0/4, 0 samples/s")
    loader = data.DataLoader(range(8), 2)
    loader.load_state_dict(loader.state_dict() | {"position": 3})
    text = io.StringIO()
    assert len(list(train.Progress(loader, file=text, clock=iter([0, 1, 2]).__next__))) == 1
    assert text.getvalue() == "4/4, 1 samples/s, 2.0 s\n"


def read_all(master):
    """What is written to a terminal until its last writer closes it."""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # how Linux says that there is no writer any more
            return
        if not part:  # how others say it
            return
        yield part


@pytest.mark.parametrize("installed", [True, False])
def test_progress_in_a_terminal(monkeypatch, installed):
    if not installed:
        monkeypatch.setattr(progress, "_bar", lambda: None)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    master, slave = pty.openpty()
    parts = []
    reader = threading.Thread(target=lambda: parts.extend(read_all(master)))
    reader.start()
    with open(slave, "w", encoding="utf-8") as terminal:
        bar = train.Progress([np.zeros(4)] * 5, "epoch 1", file=terminal)
        for _ in bar:
            bar.show(loss=0.125)
    reader.join()
    os.close(master)
    shown = b"".join(parts).decode()
    assert "epoch 1" in shown and "5/5" in shown and "loss 0.125" in shown and "samples/s" in shown
    assert ("━" in shown) == installed


def test_early_stopping():
    stopping = train.EarlyStopping(patience=2, min_delta=0.1, mode="max")
    assert [stopping.update(x) for x in (0.5, 0.55, wg.tensor(0.7))] == [False, False, False]
    assert stopping.improved and stopping.best == 0.7 and stopping.best_at == 2
    again = train.EarlyStopping(patience=2, min_delta=0.1, mode="max")
    again.load_state_dict(stopping.state_dict())
    for one in (stopping, again):
        assert [one.update(x) for x in (math.nan, 0.75)] == [False, True] and one.stop and not one.improved
    for options in ({"mode": "best"}, {"patience": 0}):
        with pytest.raises(InvalidArgument, match="EarlyStopping"):
            train.EarlyStopping(**options)


def test_the_second_interrupt_stops_at_once():
    before = signal.getsignal(signal.SIGINT)
    with train.Interrupt() as interrupt:
        assert not interrupt
        signal.raise_signal(signal.SIGTERM)
        assert interrupt and interrupt.signal == signal.SIGTERM
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_interrupts_belong_to_the_main_thread():
    caught = []

    def enter():
        try:
            with train.Interrupt():
                pass
        except InvalidArgument as error:
            caught.append(str(error))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert len(caught) == 1 and "in a thread" in caught[0]

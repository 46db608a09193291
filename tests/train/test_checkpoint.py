"""Checkpoints: exact states, whole files or none, corrupt ones refused and passed over, nothing loaded by halves."""

import io
import os
import random

import numpy as np
import pytest
import safetensors.numpy

import wengert as wg
from wengert import train
from wengert.errors import CorruptFile, CorruptFileWarning, InvalidArgument, StructureMismatch
from wengert.train import atomic, safetensors as ours

STATE = {
    "model.0": {
        "weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.float64(0.1),
        "empty": np.zeros((0, 3)),
    },
    "tensors": [wg.tensor([1.0, 2.0]), wg.tensor(3.0), wg.tensor([1, 2])],
    "numbers": (1, 0.1, 2**200, float("inf"), True, None, 1 - 2j, "text"),
    7: {"!tensor": "name", "half": np.float16(0.5), "complex": np.array([[1 + 2j, 3]]), "c64": np.complex64(1j)},
    "model": {"0": {"weight": np.array(True)}},
}


def same(a, b):
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        return all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, wg.Tensor):
        a, b = a.numpy(), b.numpy()
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and bool(np.all(a == b))
    return a == b


def test_states_come_back_as_they_were(tmp_path):
    train.save(tmp_path / "a", STATE)
    assert same(train.load(tmp_path / "a"), STATE)
    train.save(tmp_path / "b", STATE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert np.isnan(train.load(saved(tmp_path / "c", float("nan"))))
    assert train.load(tmp_path / "a")["model.0"]["weight"].flags.writeable
    assert same(train.load(saved(tmp_path / "d", np.zeros((2, 3)).T[::2])), np.zeros((2, 2)))


def saved(path, state):
    train.save(path, state)
    return path


def test_the_format_is_that_of_the_library(tmp_path):
    train.save(tmp_path / "a", STATE)
    theirs = safetensors.numpy.load_file(tmp_path / "a")
    assert np.array_equal(theirs["model.0.weight"], STATE["model.0"]["weight"])
    arrays = {"x": np.arange(3, dtype=np.int16), "y": np.ones((2, 2))}
    safetensors.numpy.save_file(arrays, tmp_path / "b", {"made": "elsewhere"})
    assert same(dict(sorted(train.load(tmp_path / "b").items())), arrays)


def test_bfloat16_is_widened(tmp_path):
    header = b'{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    (tmp_path / "a").write_bytes(len(header).to_bytes(8, "little") + header + bytes.fromhex("803f00c0"))
    assert same(train.load(tmp_path / "a"), {"x": np.array([1.0, -2.0], np.float32)})


def test_every_flipped_bit_and_every_cut_is_found(tmp_path):
    path = saved(tmp_path / "a", {"w": np.arange(5.0), "n": 3})
    raw = path.read_bytes()
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        with pytest.raises(CorruptFile, match="cannot be read"):
            train.load(path)
    for length in range(0, len(raw), 7):
        path.write_bytes(raw[:length])
        with pytest.raises(CorruptFile, match="cannot be read"):
            train.load(path)
    path.write_bytes(raw + b"\0")
    with pytest.raises(CorruptFile, match="cannot be read"):
        train.load(path)


@pytest.mark.parametrize("value", [object(), {1, 2}, lambda: 0, b"bytes"])
def test_what_is_no_state_is_refused(tmp_path, value):
    with pytest.raises(InvalidArgument, match=r"a\.0 is a"):
        train.save(tmp_path / "x", {"a": [value]})
    with pytest.raises(InvalidArgument, match="dtype"):
        train.save(tmp_path / "x", {"a": np.zeros(2, "M8[s]")})
    assert not list(tmp_path.iterdir())


class Stop(BaseException):
    pass


@pytest.mark.parametrize("where", ["write", "fsync", "replace"])
def test_an_interruption_while_writing_leaves_the_old_file(tmp_path, monkeypatch, where):
    path = saved(tmp_path / "a", 1)

    def stop(*args):
        raise Stop

    if where == "write":
        monkeypatch.setattr(ours, "_library", stop)
    else:
        monkeypatch.setattr(atomic.os, where, stop)
    with pytest.raises(Stop):
        train.save(path, 2)
    monkeypatch.undo()
    assert train.load(path) == 1
    assert os.listdir(tmp_path) == ["a"]


def parts():
    model = wg.nn.Linear(2, 1)
    return {"model": model, "optimizer": wg.optim.Adam(model.parameters())}


def trained(folder, count, keep=3):
    made = parts()
    run = train.Checkpoint(folder, keep=keep, **made)
    for step in range(1, count + 1):
        made["optimizer"].zero_grad()
        made["model"](np.ones(2)).sum().backward()
        made["optimizer"].step()
        run.save(step, best=step / 2)
    return made


def test_the_last_ones_are_kept(tmp_path):
    trained(tmp_path / "x", 5, keep=2)
    assert sorted(p.name for p in (tmp_path / "x").iterdir()) == [f"step-000000000{n}.safetensors" for n in (4, 5)]
    assert train.latest(tmp_path / "x").name == "step-0000000005.safetensors"
    assert train.latest(tmp_path / "none") is None
    assert train.Checkpoint(tmp_path / "none", **parts()).resume() == 0


def test_what_a_killed_writer_left_is_swept(tmp_path):
    (tmp_path / ".step-0000000009.safetensors.unfinished").write_bytes(b"torn")
    trained(tmp_path, 1)
    assert os.listdir(tmp_path) == ["step-0000000001.safetensors"]


def test_resuming_restores_everything(tmp_path):
    made = trained(tmp_path, 4)
    generator = np.random.default_rng(3)
    run = train.Checkpoint(tmp_path, **made, generator=generator)
    run.save(5, params={"w": wg.ones(2)})
    expected = [wg.rand(2).tolist(), np.random.random(), random.random(), generator.random()]
    other = parts()
    again = train.Checkpoint(tmp_path, **other, generator=np.random.default_rng(0))
    assert again.resume() == 5
    assert [wg.rand(2).tolist(), np.random.random(), random.random()] == expected[:3]
    assert again.values["params"]["w"].tolist() == [1.0, 1.0]
    assert same(dict(other["model"].state_dict()), dict(made["model"].state_dict()))
    assert same(other["optimizer"].state_dict(), made["optimizer"].state_dict())


def test_a_corrupt_checkpoint_is_set_aside_and_the_one_before_used(tmp_path):
    trained(tmp_path, 3)
    for name, cut in [("step-0000000003.safetensors", 100), ("step-0000000002.safetensors", None)]:
        raw = bytearray((tmp_path / name).read_bytes())
        raw[-1] ^= 1
        (tmp_path / name).write_bytes(raw[:cut])
    with pytest.warns(CorruptFileWarning) as caught:
        assert train.latest(tmp_path).name == "step-0000000001.safetensors"
    assert ["cannot be read" in str(caught[0].message), "checksum" in str(caught[1].message)] == [True, True]
    run = train.Checkpoint(tmp_path, **parts())
    with pytest.raises(CorruptFile, match="checksum"):
        run.resume(tmp_path / "step-0000000002.safetensors")
    with pytest.warns(CorruptFileWarning, match="called ….corrupt now"):
        assert run.resume() == 1
    assert len(list(tmp_path.glob("*.corrupt"))) == 2
    run.save(2)
    assert train.latest(tmp_path).name == "step-0000000002.safetensors"


def test_nothing_is_loaded_by_halves(tmp_path):
    trained(tmp_path, 1)
    model = wg.nn.Linear(2, 1)
    before = model.weight.tolist()
    optimizer = wg.optim.SGD([{"params": [model.weight]}, {"params": [model.bias]}], lr=0.1)
    numpys = np.random.get_state(legacy=False)["state"]["pos"]
    with pytest.raises(StructureMismatch, match="groups"):
        train.Checkpoint(tmp_path, model=model, optimizer=optimizer).resume()
    assert model.weight.tolist() == before
    assert np.random.get_state(legacy=False)["state"]["pos"] == numpys
    with pytest.raises(StructureMismatch, match="has the parts model, optimizer, not model"):
        train.Checkpoint(tmp_path, model=model).resume()
    with pytest.raises(StructureMismatch, match="is no checkpoint"):
        train.Checkpoint(tmp_path, model=model).resume(saved(tmp_path / "x", {"a": 1}))
    with pytest.raises(InvalidArgument, match="got weights of type list"):
        train.Checkpoint(tmp_path, weights=[1.0])
    with pytest.raises(InvalidArgument, match="keep=0"):
        train.Checkpoint(tmp_path, keep=0, model=model)


def test_a_compiled_step_resumes_bit_by_bit(tmp_path):
    def run(folder, last):
        wg.manual_seed(1)
        model = wg.nn.Linear(3, 1)
        optimizer = wg.optim.Adam(model.parameters(), lr=0.1)
        checkpoint = train.Checkpoint(folder, model=model, optimizer=optimizer)

        @wg.jit
        def step(x):
            optimizer.zero_grad()
            loss = ((model(x) * (wg.rand(1) < 0.8) - 1) ** 2).sum()
            loss.backward()
            optimizer.step()
            return loss

        done = checkpoint.resume()
        for n in range(done, last):
            step(np.array([1.0, 2.0, n]))
        checkpoint.save(last)
        return model.state_dict()

    whole = run(tmp_path / "a", 7)
    run(tmp_path / "b", 4)
    assert same(dict(run(tmp_path / "b", 7)), dict(whole))


def test_pytorchs_order_of_arguments_and_open_files(tmp_path):
    model = wg.nn.BatchNorm1d(3)
    state = {"model": model.state_dict(), "betas": (0.9, 0.999), "step": np.int64(3)}
    file = io.BytesIO()
    wg.save(state, file)
    wg.save(state, tmp_path / "a.pt")
    file.seek(0)
    for found in (wg.load(file, map_location="cpu"), wg.load(str(tmp_path / "a.pt"), weights_only=True)):
        assert found["betas"] == (0.9, 0.999) and found["step"] == 3
        wg.nn.BatchNorm1d(3).load_state_dict(found["model"])
    assert file.getvalue() == (tmp_path / "a.pt").read_bytes()
    with pytest.raises(InvalidArgument, match="is a BatchNorm1d"):
        wg.save(model, tmp_path / "a.pt")
    with pytest.raises(InvalidArgument, match="device='cuda'"):
        wg.load(tmp_path / "a.pt", map_location="cuda")
    with pytest.raises(CorruptFile, match="a file object cannot be read"):
        wg.load(io.BytesIO(file.getvalue()[:-3]))
    assert wg.load(tmp_path / "a.pt")["step"] == 3, "a refused object leaves the file as it was"

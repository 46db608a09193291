"""Files: what scikit-learn ships, CSV, NPZ and IDX; torn and damaged ones are refused with what is wrong."""

import gzip
import importlib

import numpy as np
import pytest

from wengert import data
from wengert.errors import CorruptFile, InvalidArgument, MissingDependency


@pytest.mark.parametrize(
    "name, count, width, classes",
    [
        ("digits", 1797, 64, 10),
        ("iris", 150, 4, 3),
        ("wine", 178, 13, 3),
        ("breast_cancer", 569, 30, 2),
        ("diabetes", 442, 10, 0),
    ],
)
def test_bundled_data(name, count, width, classes):
    samples = getattr(data, f"load_{name}")(np.float32)
    assert samples.x.shape == (count, width) and samples.x.dtype == np.float32
    assert len(samples.classes) == classes and len(samples.features) == width
    assert samples.y.dtype == (np.int64 if classes else np.float32)
    if classes:
        assert set(samples.y) == set(range(classes))


def test_images_of_digits():
    assert data.load_digits(images=True).x.shape == (1797, 1, 8, 8)
    assert data.load_digits().x.max() == 1


def test_without_scikit_learn(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingDependency, match=r"(?s)load_iris needs scikit-learn.*pip install 'wengert\[data\]'"):
        data.load_iris()


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_csv(tmp_path):
    path = write(tmp_path / "a.csv", '\ufeffheight;kind;"a; b"\n1.5;dog; 2\n\n;cat;3e1\n')
    samples = data.read_csv(path, "kind", delimiter=";")
    assert samples.features == ("height", "a; b") and samples.classes == ("cat", "dog")
    assert np.array_equal(samples.x, [[1.5, 2], [np.nan, 30]], equal_nan=True) and samples.y.tolist() == [1, 0]
    plain = data.read_csv(write(tmp_path / "b.csv", "1,2,0.5\n3,4,1.5\n"))
    assert plain.y.tolist() == [0.5, 1.5] and plain.features == ("x0", "x1") and not plain.classes
    assert data.read_csv(tmp_path / "b.csv", 0, classes=True).classes == ("1", "3")
    assert data.read_csv(write(tmp_path / "c.csv", "1,2,dog\n3,4,cat\n")).classes == ("cat", "dog")
    assert len(data.read_csv(write(tmp_path / "d.csv", "a,b\n"), "b")) == 0


@pytest.mark.parametrize(
    "text, message",
    [
        ("a,b\n1,2\n3\n", "line 3: it has 1 fields, and the first line has 2"),
        ("a,b\n1,2\nx,3\n", "line 3: it has 'x' in column a"),
        ("a,b\n1,\n", "line 2: it has no target"),
        ("", "it is empty"),
        ('a,b\n"1,2\n', "line 2: it is no line of a table"),
    ],
)
def test_damaged_csv(tmp_path, text, message):
    with pytest.raises(CorruptFile, match=message) as caught:
        data.read_csv(write(tmp_path / "a.csv", text), "b")
    assert len(str(caught.value).splitlines()) == 3


def test_csv_with_wrong_arguments(tmp_path):
    path = write(tmp_path / "a.csv", "a,b\n1,2\n3,x\n")
    for target in ("c", 2, -3):
        with pytest.raises(InvalidArgument, match="found no column"):
            data.read_csv(path, target)
    with pytest.raises(CorruptFile, match="line 3: it has the target 'x', which is no number"):
        data.read_csv(path, "b", classes=False)
    (tmp_path / "b.csv").write_bytes(b"a,b\n\xff,1\n")
    with pytest.raises(CorruptFile, match="no text in UTF-8"):
        data.read_csv(tmp_path / "b.csv")


def test_npz(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=np.arange(1000.0), y=np.ones(2))
    assert list(data.read_npz(path)) == ["x", "y"] and data.read_npz(path, ["y"])["y"].tolist() == [1, 1]
    with pytest.raises(InvalidArgument, match=r"(?s)found no z.*holds x, y"):
        data.read_npz(path, ["z"])
    raw = path.read_bytes()
    for damaged in (raw[: len(raw) // 2], raw[:100] + bytes([raw[100] ^ 1]) + raw[101:], b""):
        path.write_bytes(damaged)
        with pytest.raises(CorruptFile, match="cannot be read"):
            data.read_npz(path)
    np.savez(path, x=np.array([None]))
    with pytest.raises(CorruptFile, match="no archive of plain arrays"):
        data.read_npz(path)
    np.save(tmp_path / "b.npy", np.ones(1))
    with pytest.raises(CorruptFile, match="one array"):
        data.read_npz(tmp_path / "b.npy")


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_idx(tmp_path, dtype):
    for array in (np.arange(24).reshape(2, 3, 4).astype(dtype), np.zeros((0, 5), dtype), np.array(7, dtype)):
        for name in ("a.idx", "a.idx.gz"):
            data.write_idx(tmp_path / name, array)
            found = data.read_idx(tmp_path / name)
            assert found.dtype == array.dtype and found.flags.writeable and np.array_equal(found, array)
            assert found.shape == array.shape


def test_idx_bytes_are_those_of_the_format(tmp_path):
    data.write_idx(tmp_path / "a", np.array([1, -2], np.int16))
    assert (tmp_path / "a").read_bytes() == bytes.fromhex("00000b01 00000002 0001 fffe")
    with pytest.raises(InvalidArgument, match="array of int64"):
        data.write_idx(tmp_path / "b", np.array([1]))


def test_damaged_idx(tmp_path):
    data.write_idx(tmp_path / "a", np.arange(100, dtype=np.uint8))
    raw = (tmp_path / "a").read_bytes()
    packed = gzip.compress(raw)
    cases = [
        (raw[:50], r"holds 42 bytes of data, and shape \(100,\) of uint8 needs 100"),
        (raw + b"x", "holds 101 bytes"),
        (raw[:6], "ends within its header"),
        (b"", "begins with nothing"),
        (b"\x01" + raw[1:], "begins with 01 00 08 01"),
        (packed[:40], "torn or damaged"),
        (packed[:-8] + bytes(8), "torn or damaged"),
        (packed[:20] + b"\xff\xff" + packed[22:], "torn or damaged"),
    ]
    for damaged, message in cases:
        (tmp_path / "a").write_bytes(damaged)
        with pytest.raises(CorruptFile, match=message):
            data.read_idx(tmp_path / "a")


def test_mnist(tmp_path):
    images, labels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4), np.array([1, 0], np.uint8)
    data.write_idx(tmp_path / "train-images-idx3-ubyte.gz", images)
    data.write_idx(tmp_path / "train-labels.idx1-ubyte", labels)
    samples = data.load_mnist(tmp_path)
    assert samples.x.shape == (2, 1, 3, 4) and samples.x.dtype == np.float32 and samples.x.max() == np.float32(23 / 255)
    assert samples.y.tolist() == [1, 0] and samples.classes == ("0", "1")
    with pytest.raises(InvalidArgument, match="no t10k-images-idx3-ubyte"):
        data.load_mnist(tmp_path, train=False)
    data.write_idx(tmp_path / "train-labels.idx1-ubyte", labels[:1])
    with pytest.raises(CorruptFile, match="do not match"):
        data.load_mnist(tmp_path)

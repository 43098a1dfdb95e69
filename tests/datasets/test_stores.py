"""Files, zip members and arrays are read alike, from several threads and processes."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tlbook.datasets.limits import UnreadableImage
from tlbook.datasets.scan import check_images, scan_folder
from tlbook.datasets.stores import ArrayStore, FileStore

NAMES = [f"cats/{k:02}.png" for k in range(12)]


@pytest.fixture
def stores(make_folder, make_zip):
    """Return the same images in a folder and in a zip file."""
    folder = make_folder(NAMES)
    return scan_folder(folder).store, scan_folder(make_zip(folder)).store


def test_a_zip_reads_like_its_folder(stores):
    files, members = stores
    assert len(files) == len(members) == 12
    for index in range(12):
        assert (files.read(index) == members.read(index)).all()
        assert files.fingerprint(index) == members.fingerprint(index)
    assert files.fingerprint(0) == hashlib.sha256(files.read_bytes(0)).digest()
    assert len({files.fingerprint(index) for index in range(12)}) == 12


def test_taking_keeps_the_order(stores):
    for store in stores:
        part = store.take(np.array([3, 1, 1]))
        assert [part.fingerprint(k) for k in range(3)] == [store.fingerprint(k) for k in (3, 1, 1)]


@pytest.mark.parametrize("which", [0, 1])
def test_many_threads_may_read(stores, which):
    store = stores[which]
    expected = [store.read(index) for index in range(12)]
    with ThreadPoolExecutor(8) as pool:
        for index, image in enumerate(pool.map(lambda k: store.read(k % 12), range(240))):
            assert (image == expected[index % 12]).all()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_may_read_too(stores):
    expected = [stores[1].fingerprint(index) for index in range(12)]
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            os._exit(0 if all(stores[1].fingerprint(k) == expected[k] for k in range(12)) else 1)
        children.append(child)
    assert [stores[1].fingerprint(index) for index in range(12)] == expected
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)


def test_files_that_are_gone_are_unreadable(make_folder):
    store = scan_folder(make_folder(NAMES)).store
    store = FileStore(store.container, ("cats/99.png",))
    with pytest.raises(UnreadableImage, match="No such file"):
        store.read(0)


def test_damaged_members_are_unreadable(stores, make_folder, make_zip):
    path = make_zip(make_folder(NAMES))
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 40] ^= 0xFF  # in the first member: its CRC no longer fits
    path.write_bytes(data)
    assert list(check_images(scan_folder(path).store)[0]) == [0]


def test_unreadable_images_are_found_in_place(make_folder):
    store = scan_folder(make_folder(dict.fromkeys(NAMES) | {"cats/03.png": b"", "cats/07.png": b"text"})).store
    assert check_images(store)[0] == {3: "the file is empty", 7: "no image of a known format"}


def test_arrays_are_stores():
    array = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    store = ArrayStore(array)
    assert (store.take([1]).read(0) == array[1]).all()
    assert store.fingerprint(0) != store.fingerprint(1)
    assert store.fingerprint(1) == store.take([1]).fingerprint(0)

"""Downloads, against a server on 127.0.0.1 that misbehaves in every way but one."""

import errno
import hashlib
import http.server
import io
import socket
import tarfile
import threading
import zipfile

import pytest

from tlbook.datasets import download, fetch
from tlbook.datasets.archives import extract_archives
from tlbook.datasets.cards import Card
from tlbook.datasets.download import download_file
from tlbook.errors import BadInput
from tlbook.files import lock_file
from tlbook.runtime import data_dir

CONTENT = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves one file, with the faults that the server's dictionary names."""

    def do_GET(self):
        faults, content = self.server.faults, self.server.content
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        if faults.get("status"):
            self.send_error(faults["status"])
            if faults.pop("once", False):
                del faults["status"]
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and not faults.get("ignores_range") else 0
        if start and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.end_headers()
            return
        body = content[start:]
        first = start + faults.get("shifts_range", 0)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        if not faults.get("no_length"):
            self.send_header("Content-Length", str(faults.get("claims", len(body) + faults.get("lies", 0))))
        self.end_headers()
        self.wfile.write(body[: faults.get("cuts_after", len(body))])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    """A server whose ``faults``, ``content`` and record of what was ``asked`` a test can set and read."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.faults, running.content, running.asked = {}, CONTENT, []
        running.url = f"http://127.0.0.1:{running.server_port}/data.bin"
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def unused_port():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return closed.getsockname()[1]


def get(url, path, **options):
    return download_file(url, path, **{"digest": DIGEST, "num_bytes": len(CONTENT), "wait": 0, "quiet": True} | options)


def list_files(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("faults", "options", "num_asked"),
    [
        ({}, {}, 1),
        ({}, {"num_bytes": None, "digest": None}, 1),
        ({}, {"digest": f"md5:{hashlib.md5(CONTENT).hexdigest()}"}, 1),
        ({"cuts_after": 102_400}, {}, 3),
        ({"cuts_after": 102_400}, {"num_bytes": None}, 3),
        ({"no_length": True}, {"num_bytes": None}, 1),
        ({"no_length": True, "cuts_after": 102_400}, {}, 3),
        ({"lies": 5_000}, {}, 1),
        ({"lies": 5_000}, {"num_bytes": None}, 2),
        ({"claims": 64_000}, {}, 4),
        ({"status": 503, "once": True}, {}, 2),
    ],
)
def test_whole_file_arrives_whatever_the_server_does(server, tmp_path, faults, options, num_asked):
    server.faults.update(faults)
    path = get(server.url, tmp_path / "new" / "data.bin", **options)
    assert path.read_bytes() == CONTENT
    assert list_files(path.parent) == ["data.bin"]
    assert len(server.asked) == num_asked
    get(server.url, path, digest=DIGEST)
    assert len(server.asked) == num_asked, "a file that is there is not downloaded again"


@pytest.mark.parametrize(
    ("faults", "options", "message"),
    [
        ({"status": 404}, {}, "(HTTP status 404); check the address"),
        ({"status": 503}, {}, "(HTTP status 503 after 0 bytes); try again"),
        ({"cuts_after": 0}, {}, "after 0 bytes); try again"),
        ({"cuts_after": 8192, "ignores_range": True}, {}, "after 8,192 bytes); try again, it goes on there"),
        ({"claims": 64_000}, {"num_bytes": None}, "gives other bytes than on record"),
        ({}, {"digest": "0" * 64}, "gives other bytes than on record (its checksum differs); expected 000"),
        ({}, {"num_bytes": 100}, "gives more than the 100 bytes on record"),
    ],
)
def test_nothing_but_the_part_is_left(server, tmp_path, faults, options, message):
    server.faults.update(faults)
    with pytest.raises(BadInput) as caught:
        get(server.url, tmp_path / "data.bin", **options)
    text = str(caught.value)
    assert message in text
    assert server.url in text
    assert str(tmp_path / "data.bin") in text, "says where to put the file by hand"
    assert "\n" not in text
    assert list_files(tmp_path) in ([], ["data.bin.part"])


def test_interrupted_download_resumes_in_a_later_call(server, tmp_path):
    server.faults["cuts_after"] = 102_400
    fetcher = download.ResumingDownloader(tmp_path / "data.bin.part", retries=-1, quiet=True)
    with pytest.raises(BadInput, match="after 102,400 bytes"):
        fetcher(server.url, tmp_path / "data.bin")
    assert list_files(tmp_path) == ["data.bin.part"]
    server.faults.clear()
    assert get(server.url, tmp_path / "data.bin").read_bytes() == CONTENT
    assert server.asked == [None, "bytes=102400-"]
    assert list_files(tmp_path) == ["data.bin"]


@pytest.mark.parametrize(
    ("part", "faults"),
    [
        (b"another version of the file", {}),
        (CONTENT + b"too much", {}),
        (CONTENT[:500], {"ignores_range": True}),
        (CONTENT[:500], {"shifts_range": 7}),
    ],
)
def test_part_that_does_not_fit_is_given_up(server, tmp_path, part, faults):
    (tmp_path / "data.bin.part").write_bytes(part)
    server.faults.update(faults)
    assert get(server.url, tmp_path / "data.bin").read_bytes() == CONTENT
    assert list_files(tmp_path) == ["data.bin"]


def test_whole_part_needs_no_server(tmp_path, unused_port):
    (tmp_path / "data.bin.part").write_bytes(CONTENT)
    assert get(f"http://127.0.0.1:{unused_port}/", tmp_path / "data.bin").read_bytes() == CONTENT


def test_interrupt_keeps_the_part(server, tmp_path, monkeypatch):
    def interrupt(self, url, file):
        assert list_files(tmp_path) == ["data.bin.part"], "nothing else is left if the process is killed here"
        raise KeyboardInterrupt

    monkeypatch.setattr(download.ResumingDownloader, "_check_length", interrupt)
    with pytest.raises(KeyboardInterrupt):
        get(server.url, tmp_path / "data.bin")
    assert list_files(tmp_path) == ["data.bin.part"]
    monkeypatch.undo()
    assert get(server.url, tmp_path / "data.bin").read_bytes() == CONTENT


def test_no_space_left(server, tmp_path, monkeypatch):
    def fill(self, url, file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download.ResumingDownloader, "_check_length", fill)
    with pytest.raises(BadInput, match="no space left"):
        get(server.url, tmp_path / "data.bin")
    assert not (tmp_path / "data.bin").exists()


def test_second_process_waits(server, tmp_path):
    with (tmp_path / "data.bin.part").open("ab") as busy:
        assert lock_file(busy)
        with pytest.raises(BadInput, match="is being downloaded by another process"):
            get(server.url, tmp_path / "data.bin")


def test_no_network(tmp_path, unused_port):
    url = f"http://127.0.0.1:{unused_port}/data.bin"
    with pytest.raises(BadInput) as caught:
        download_file(url, tmp_path / "data.bin", quiet=True)  # fails at once: no waiting between tries
    assert f"cannot download {url} (no connection to the server); check the address and the network" in str(
        caught.value
    )
    assert f"or put the file by hand at {tmp_path / 'data.bin'}" in str(caught.value)
    assert list_files(tmp_path) == []


def make_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def make_tar(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for member, content in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def make_link(kind):
    link = tarfile.TarInfo("images/link.jpg")
    link.type, link.linkname = kind, "../../outside"
    return link


def make_zip_link():
    link = zipfile.ZipInfo("images/link.jpg")
    link.external_attr = 0o120777 << 16
    return link


GOOD = [("images/a/1.jpg", b"one"), ("images/b/2.jpg", b"two")]


@pytest.mark.parametrize(("make", "name"), [(make_zip, "x.zip"), (make_tar, "x.tar.gz")])
def test_archive_is_unpacked(tmp_path, make, name):
    make(tmp_path / name, [("images/", b""), *GOOD] if make is make_zip else GOOD)
    folder = extract_archives([tmp_path / name], tmp_path / "out")
    assert (folder / "images/a/1.jpg").read_bytes() == b"one"
    assert sorted(p.name for p in folder.rglob("*.jpg")) == ["1.jpg", "2.jpg"]
    assert list_files(tmp_path) == sorted(["out", name])


@pytest.mark.parametrize(
    ("make", "member"),
    [
        (make_zip, "../escaped.txt"),
        (make_zip, "images/../../escaped.txt"),
        (make_zip, "/tmp/escaped.txt"),
        (make_zip, "..\\escaped.txt"),
        (make_zip, "C:/escaped.txt"),
        (make_zip, make_zip_link()),
        (make_tar, "../escaped.txt"),
        (make_tar, "/tmp/escaped.txt"),
        (make_tar, make_link(tarfile.SYMTYPE)),
        (make_tar, make_link(tarfile.LNKTYPE)),
        (make_tar, make_link(tarfile.FIFOTYPE)),
    ],
)
def test_member_outside_the_folder_is_refused(tmp_path, make, member):
    content = b"" if isinstance(member, tarfile.TarInfo) else b"escaped"
    make(tmp_path / "bad", [*GOOD, (member, content)])
    with pytest.raises(BadInput, match="bad was not unpacked: its member"):
        extract_archives([tmp_path / "bad"], tmp_path / "deep" / "out")
    assert list_files(tmp_path) == ["bad", "deep"]
    assert list_files(tmp_path / "deep") == []


@pytest.mark.parametrize("damage", ["not an archive", "half a zip", "half a tar"])
def test_damaged_archive(tmp_path, damage):
    path = tmp_path / "bad"
    content = [("noise.bin", hashlib.sha512(b"x").digest() * 500)]
    whole = make_tar(path, content) if damage == "half a tar" else make_zip(path, content)
    half = b"text" if damage == "not an archive" else whole.read_bytes()[: len(whole.read_bytes()) // 2]
    path.write_bytes(half)
    with pytest.raises(BadInput, match="bad is no whole zip or tar file"):
        extract_archives([path], tmp_path / "out")
    assert list_files(tmp_path) == ["bad"]


@pytest.fixture
def card(server, tmp_path, monkeypatch):
    """A card with one downloadable zip, and a cache of its own."""
    server.content = make_zip(tmp_path / "official.zip", GOOD).read_bytes()
    digest = hashlib.sha256(server.content).hexdigest()
    downloads = [{"url": server.url, "sha256": digest, "bytes": len(server.content), "root": "images"}]
    facts = {"real": {"downloads": downloads, "ask": "ask its authors"}}
    made = Card("things", "Things", "case", facts, "")
    monkeypatch.setattr(fetch, "load_card", lambda name: made)
    monkeypatch.setenv("TLBOOK_CACHE_DIR", str(tmp_path / "cache"))
    return made


def test_fetch_downloads_and_unpacks_once(card, server, tmp_path):
    folder = fetch.fetch("things", quiet=True)
    assert folder == tmp_path / "cache" / "datasets" / "things"
    assert (folder / "images/a/1.jpg").read_bytes() == b"one"
    assert not any((tmp_path / "cache" / "downloads" / "things").iterdir()), "the archive is not kept twice"
    assert fetch.fetch("things") == folder
    assert len(server.asked) == 1


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_fetch_looks_in_the_mirror_first(card, server, tmp_path, monkeypatch, kind):
    (download,) = card.facts["real"]["downloads"]
    download.pop("sha256")
    download[kind] = hashlib.new(kind, server.content).hexdigest()
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "data.bin").write_bytes(server.content)
    monkeypatch.setenv("TLBOOK_DATA_DIR", str(mirror))
    assert (fetch.fetch("things") / "images/b/2.jpg").read_bytes() == b"two"
    assert server.asked == []
    assert list_files(mirror) == ["data.bin"]


def test_fetch_says_where_to_ask(card):
    del card.facts["real"]["downloads"]
    with pytest.raises(BadInput, match="no file can be downloaded directly; ask its authors"):
        fetch.fetch("things")


def test_the_registry_lists_every_file_by_its_checksum(tmp_path):
    for name in ("cards/a.md", "weights/b.npz", "c.csv", ".hidden", "__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    expected = [f"{n} {hashlib.sha256(n.encode()).hexdigest()}" for n in ("c.csv", "cards/a.md", "weights/b.npz")]
    for _ in range(2):  # the second time beside the first one's file
        assert sorted(fetch.write_registry(tmp_path).read_text().splitlines()) == sorted(expected)


def test_the_registry_holds_what_ships():
    listed = (data_dir() / fetch.REGISTRY).read_text(encoding="utf-8").splitlines()
    assert listed == fetch.list_checksums(data_dir()).splitlines(), "run make registry"

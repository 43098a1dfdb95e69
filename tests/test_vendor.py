"""Fetching the pages' scripts: hashes are checked, and without them the book goes on."""

import base64
import hashlib
import io
import json
import tarfile

import pytest

from tools import vendor

NAME, VERSION = "mathjax", "3.2.2"


def make_archive(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A repository whose lock names one package, and an npm that hands out the archive beside it."""
    archive = tmp_path / "served.tgz"
    make_archive(archive, {"package/a.js": b"good", "package/deep/b.js": b"also"})
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    entry = {"version": VERSION, "integrity": f"sha512-{digest}"}
    lock = {"packages": {"": {"dependencies": {NAME: VERSION}}, f"node_modules/{NAME}": entry}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    npm = tmp_path / "npm"
    npm.write_text(f'#!/bin/sh\n[ "$1" = pack ] && cp "{archive}" "./{NAME}-{VERSION}.tgz"\n')
    npm.chmod(0o755)
    monkeypatch.setattr(vendor, "ROOT", tmp_path)
    monkeypatch.setattr(vendor, "TARGET", tmp_path / "assets" / "vendor")
    monkeypatch.setattr(vendor, "find_npm", lambda: [str(npm)])
    monkeypatch.setattr(
        vendor, "copy_scripts", lambda modules, target: (modules / NAME / "a.js").rename(target / "a.js")
    )
    return tmp_path


def test_scripts_are_put_in_place(place, capsys):
    vendor.main()
    assert (place / "assets" / "vendor" / "a.js").read_text() == "good"
    assert (place / "assets" / "vendor" / ".ready").exists()
    assert "are in assets/vendor" in capsys.readouterr().out


def test_wrong_bytes_are_refused_and_nothing_is_touched(place, capsys):
    vendor.main()
    make_archive(place / "served.tgz", {"package/a.js": b"evil"})
    vendor.main()
    assert (place / "assets" / "vendor" / "a.js").read_text() == "good"
    message = capsys.readouterr().err
    assert "FALLING BACK: what npm fetched as mathjax 3.2.2 has not the hash" in message
    assert "WITHOUT typeset formulas and live controls" in message


def test_unreachable_registry_falls_back(place, capsys):
    (place / "npm").write_text("#!/bin/sh\necho 'npm error network' >&2\nexit 1\n")
    vendor.main()
    assert "FALLING BACK: npm error network" in capsys.readouterr().err
    assert not (place / "assets" / "vendor").exists()


def test_no_npm_at_all_falls_back(place, monkeypatch, capsys):
    monkeypatch.setattr(vendor, "find_npm", lambda: None)
    monkeypatch.setattr(vendor, "install_node", lambda: None)
    vendor.main()
    assert "FALLING BACK: neither npm nor the Node wheel" in capsys.readouterr().err


def test_archives_cannot_leave_their_folder(tmp_path):
    make_archive(tmp_path / "bad.tgz", {"package/../../escaped.js": b"x"})
    with pytest.raises(tarfile.FilterError):
        vendor.unpack(tmp_path / "bad.tgz", tmp_path / "in" / "side")
    assert not (tmp_path / "escaped.js").exists()


def test_lock_states_a_hash_and_no_address():
    text = (vendor.ROOT / "package-lock.json").read_text()
    locked = vendor.read_lock(text)
    assert set(locked) == {"@jupyter-widgets/html-manager", "mathjax", "requirejs"}
    assert all(expected.startswith("sha512-") for _, expected in locked.values())
    assert '"resolved"' not in text

"""Fetch the scripts that the pages need into assets/vendor, so that a page asks nobody for anything.

They are other people's code and stay out of the repository: package.json names them, package-lock.json pins each with
a hash, which is checked here. Node is the machine's, or else a pinned wheel (tools/node.lock). Only the three packages
themselves are fetched (`npm pack`): they come bundled, and the 290 that they were bundled from are never run.
With `--tests` it fetches, in the same way, what only the tests in a browser use, into tests/browser/vendor.
Where the scripts cannot be had, the program says so and ends well: the book is then built without live controls and
typeset formulas.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "assets" / "vendor"
TESTS = ROOT / "tests" / "browser" / "vendor"
MIN_NPM = 7  # the first that writes lock files of version 3
# Whoever has no network learns so in seconds, not minutes.
OPTIONS = (
    "--ignore-scripts",
    "--loglevel=error",
    "--prefer-offline",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=2000",
)
MATHJAX = ("startup.js", "core.js", "input/tex.js", "output/chtml.js")
WIDGETS = "@jupyter-widgets/html-manager/dist"


def find_npm():
    """Find the command that runs npm; None where there is none, or one that is too old."""
    beside = Path(sys.executable).with_name("npm")
    for found in (shutil.which("npm"), str(beside) if beside.exists() else None):
        if found:
            answer = subprocess.run([found, "--version"], capture_output=True, text=True)
            major = answer.stdout.split(".")[0]
            if answer.returncode == 0 and major.isdigit() and int(major) >= MIN_NPM:
                return [found]
    return None


def install_node():
    """Install the pinned Node wheel into this environment; return its npm command, None where that failed."""
    print("vendor: no npm 7 or later on this machine; installing the Node wheel that tools/node.lock pins")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    answer = subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "tools" / "node.lock")])
    return find_npm() if answer.returncode == 0 else None


def copy_scripts(modules, target):
    """Copy what the pages load, and nothing else."""
    es5 = modules / "mathjax" / "es5"
    shutil.copytree(es5 / "output" / "chtml", target / "mathjax" / "output" / "chtml")
    for part in MATHJAX:  # by parts: the one file that holds all has half as much again
        path = target / "mathjax" / part
        path.parent.mkdir(exist_ok=True)
        shutil.copy(es5 / part, path)
    shutil.copy(modules / "requirejs" / "require.js", target)
    shutil.copy(ROOT / "assets" / "widgets-base.js", target / "require-base.js")
    dist = target / WIDGETS
    dist.mkdir(parents=True)
    for path in (modules / WIDGETS).iterdir():
        if path.name == "embed-amd.js" or path.suffix in {".woff2", ".woff", ".ttf"}:
            shutil.copy(path, dist)
        if path.suffix in {".woff2", ".woff", ".ttf"}:
            shutil.copy(path, dist.parent)  # the style sheet inside the script looks one level up


def read_lock(text, kind="dependencies"):
    """Version and hash (``sha512-…``) of each package that package.json names."""
    packages = json.loads(text)["packages"]
    entries = {name: packages[f"node_modules/{name}"] for name in packages[""][kind]}
    return {name: (entry["version"], entry["integrity"]) for name, entry in entries.items()}


def check_hash(path, expected):
    """Tell whether a file has the hash (``sha512-…``) that the lock file has for it."""
    algorithm, _, digest = expected.partition("-")
    found = hashlib.new(algorithm, path.read_bytes()).digest()
    return base64.b64encode(found).decode() == digest


def unpack(path, folder):
    """Unpack a package's archive, whose files lie under ``package/``."""
    with tarfile.open(path) as archive:
        members = []
        for member in archive.getmembers():
            _, _, member.name = member.name.partition("/")
            if member.isfile() and member.name:
                members.append(member)
        archive.extractall(folder, members=members, filter="data")


def fetch(npm, kind="dependencies"):
    """Fetch the locked packages aside, then put the scripts in place in one step; return why it failed, or None."""
    locked = read_lock((ROOT / "package-lock.json").read_text(encoding="utf-8"), kind)
    wanted = [f"{name}@{version}" for name, (version, _) in locked.items()]
    # The wheel's npm looks for its own node on PATH.
    env = {**os.environ, "PATH": os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])}
    with tempfile.TemporaryDirectory() as scratch:
        answer = subprocess.run([*npm, "pack", *wanted, *OPTIONS], cwd=scratch, env=env, capture_output=True, text=True)
        if answer.returncode != 0:
            lines = [line for line in answer.stderr.splitlines() if line.strip()]
            return "; ".join(lines[:2]) or f"npm ended with status {answer.returncode}"
        modules = Path(scratch) / "node_modules"
        for name, (version, expected) in locked.items():
            archives = [path for path in Path(scratch).glob("*.tgz") if check_hash(path, expected)]
            if not archives:
                return f"what npm fetched as {name} {version} has not the hash that package-lock.json states"
            unpack(archives[0], modules / name)
        if kind == "dependencies":
            put_in_place(modules)
        else:
            TESTS.mkdir(parents=True, exist_ok=True)
            shutil.copy(modules / "axe-core" / "axe.min.js", TESTS)
    return None


def put_in_place(modules):
    """Replace assets/vendor by the scripts of freshly fetched packages."""
    fresh = TARGET.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    copy_scripts(modules, fresh)
    (fresh / ".ready").touch()
    shutil.rmtree(TARGET, ignore_errors=True)
    fresh.rename(TARGET)


def main(arguments=()):
    """Fetch the scripts, or say why the book goes without them."""
    npm = find_npm() or install_node()
    if "--tests" in arguments:
        problem = fetch(npm, "devDependencies") if npm else "neither npm nor the Node wheel could be had"
        print(f"vendor: FALLING BACK: {problem}; pages are tested WITHOUT axe-core" if problem else "vendor: axe-core")
        return
    problem = fetch(npm) if npm else "neither npm nor the Node wheel could be had"
    if problem is None:
        size = sum(path.stat().st_size for path in TARGET.rglob("*") if path.is_file())
        print(f"vendor: scripts for formulas and live controls are in {TARGET.relative_to(ROOT)} ({size / 1e6:.1f} MB)")
        return
    print(f"vendor: FALLING BACK: {problem}", file=sys.stderr)
    print(
        "vendor: the book is built WITHOUT typeset formulas and live controls; its text, figures and tables are whole. "
        "Run `make book` again with a network to add them.",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main(sys.argv[1:])

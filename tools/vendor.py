"""Fetch the scripts that the pages need into assets/vendor, so that a page asks nobody for anything.

They are other people's code and stay out of the repository: package-lock.json pins them with a hash each, `npm ci`
checks it. Node is the machine's, or else a pinned wheel (tools/node.lock). Where the scripts cannot be had, the
program says so and ends well: the book is then built without live controls and typeset formulas.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "assets" / "vendor"
MIN_NPM = 7  # the first that reads lock files of version 3
INPUTS = ("package.json", "package-lock.json", ".npmrc")
WIDGETS = "@jupyter-widgets/html-manager/dist"


def find_npm():
    """Command that runs npm.

    Returns
    -------
    list of str or None
        None where there is no npm, or one that is too old.
    """
    beside = Path(sys.executable).with_name("npm")
    for found in (shutil.which("npm"), str(beside) if beside.exists() else None):
        if found:
            answer = subprocess.run([found, "--version"], capture_output=True, text=True)
            major = answer.stdout.split(".")[0]
            if answer.returncode == 0 and major.isdigit() and int(major) >= MIN_NPM:
                return [found]
    return None


def install_node():
    """Install the pinned Node wheel into this environment.

    Returns
    -------
    list of str or None
        The npm command, None where it could not be installed.
    """
    print("vendor: no npm 7 or later on this machine; installing the Node wheel that tools/node.lock pins")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    answer = subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "tools" / "node.lock")])
    return find_npm() if answer.returncode == 0 else None


def copy_scripts(modules, target):
    """Copy what the pages load, and nothing else.

    Parameters
    ----------
    modules : pathlib.Path
        ``node_modules`` after the installation.
    target : pathlib.Path
        A folder that does not exist yet.
    """
    shutil.copytree(modules / "mathjax" / "es5" / "output" / "chtml", target / "mathjax" / "output" / "chtml")
    shutil.copy(modules / "mathjax" / "es5" / "tex-mml-chtml.js", target / "mathjax")
    shutil.copy(modules / "requirejs" / "require.js", target)
    shutil.copy(ROOT / "assets" / "widgets-base.js", target / "require-base.js")
    dist = target / WIDGETS
    dist.mkdir(parents=True)
    for path in (modules / WIDGETS).iterdir():
        if path.name == "embed-amd.js" or path.suffix in {".woff2", ".woff", ".ttf"}:
            shutil.copy(path, dist)
        if path.suffix in {".woff2", ".woff", ".ttf"}:
            shutil.copy(path, dist.parent)  # the style sheet inside the script looks one level up


def fetch(npm):
    """Install the locked packages aside, then put the scripts in place in one step.

    Parameters
    ----------
    npm : list of str

    Returns
    -------
    str or None
        Why it failed, in a line; None when all is in place.
    """
    with tempfile.TemporaryDirectory() as scratch:
        for name in INPUTS:
            shutil.copy(ROOT / name, scratch)
        # The wheel's npm looks for its own node on PATH.
        paths = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])
        answer = subprocess.run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=scratch,
            env={**os.environ, "PATH": paths},
            capture_output=True,
            text=True,
        )
        if answer.returncode != 0:
            lines = [line for line in answer.stderr.splitlines() if line.strip()]
            return "; ".join(lines[:3]) or f"npm ended with status {answer.returncode}"
        fresh = Path(scratch) / "vendor"
        fresh.mkdir()
        (fresh / "mathjax").mkdir()
        copy_scripts(Path(scratch) / "node_modules", fresh)
        (fresh / ".ready").touch()
        shutil.rmtree(TARGET, ignore_errors=True)
        shutil.copytree(fresh, TARGET)
    return None


def main():
    """Fetch the scripts, or say why the book goes without them."""
    npm = find_npm() or install_node()
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
    main()

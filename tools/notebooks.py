"""Execute the chapters: chapters/name.md, which people edit, becomes chapters/name.ipynb. One way only.

    python tools/notebooks.py                    all chapters, in the order of _toc.yml
    python tools/notebooks.py intro head_only    these
    python tools/notebooks.py --check            do text and notebook agree? (executes nothing)

The notebook is made anew each time: no output survives from an earlier run. What would differ from run to run
without meaning anything (cell ids, widget ids, time stamps) is normalised; large pictures get a palette. How long each
chapter took, and with which versions, goes to chapters/status.json, which the status page prints.
"""

import argparse
import hashlib
import json
import re
import sys
import time
from pathlib import Path

import yaml

if not __package__:  # run as a program
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tools.pictures import lighten_pictures

ROOT = Path(__file__).resolve().parents[1]
CELL_LIMIT = 600  # seconds; a chapter's budget is 90 in all
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEPT_CELL_METADATA = ("tags", "mystnb")  # mystnb: caption, name and alternative text of a figure


def list_pages(toc):
    """Names of all pages of a table of contents, in reading order."""
    own = [toc[key] for key in ("root", "file") if key in toc]
    below = [
        page for key in ("parts", "chapters", "sections") for entry in toc.get(key, []) for page in list_pages(entry)
    ]
    return own + below


def list_chapters(root):
    """Names of the chapters, in reading order: the pages that have a text twin in ``chapters/``."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    folder = root / "chapters"
    pages = [root / f"{page}.md" for page in list_pages(toc)]
    return [path.stem for path in pages if path.parent == folder and path.exists()]


def read_text(path):
    """Read a chapter's text as a notebook without outputs."""
    import jupytext

    return jupytext.read(path, fmt="md:myst")


def digest_cells(notebook):
    """Digest of the code cells, to tell whether a stored run belongs to a text."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()[:16]


def merge_streams(outputs):
    """Join neighbouring pieces of standard output, which arrive cut at random places."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else None
        both_streams = last is not None and output.output_type == last.output_type == "stream"
        if both_streams and output.name == last.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged


def normalise(notebook):
    """Drop or rename what differs from run to run; standard error is taken out and handed back."""
    dropped = []
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"
        cell["metadata"] = {key: cell.metadata[key] for key in KEPT_CELL_METADATA if key in cell.metadata}
        if cell.cell_type != "code":
            continue
        dropped += [o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"]
        kept = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]
        cell["outputs"] = merge_streams(kept)
    notebook["metadata"] = {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
        **({"widgets": notebook.metadata.widgets} if shows_widgets(notebook) else {}),
    }
    return dropped


def shows_widgets(notebook):
    """Tell whether a page of this notebook needs the state of its widgets."""
    view = "application/vnd.jupyter.widget-view+json"
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "widgets" in notebook.metadata and any(view in output.get("data", {}) for output in outputs)


def rename_widgets(text):
    """Give the widgets ids by order of appearance instead of random ones."""
    order = {}
    for name in re.findall(r'"(?:IPY_MODEL_)?([0-9a-f]{32})"', text):
        order.setdefault(name, f"{len(order) + 1:032x}")
    return re.sub(r"\b(IPY_MODEL_)?([0-9a-f]{32})\b", lambda m: (m[1] or "") + order.get(m[2], m[2]), text)


def execute(name, root):
    """Execute one chapter and write its notebook; return seconds and the digest of its code, for the status page."""
    import nbformat
    from nbclient import NotebookClient

    folder = root / "chapters"
    notebook = read_text(folder / f"{name}.md")
    digest = digest_cells(notebook)
    start = time.perf_counter()
    client = NotebookClient(
        notebook, timeout=CELL_LIMIT, kernel_name="python3", resources={"metadata": {"path": str(folder)}},
        iopub_timeout=CELL_LIMIT, raise_on_iopub_timeout=True,  # a busy machine must not lose a picture without a word
    )  # fmt: skip
    client.execute()
    seconds = time.perf_counter() - start
    for text in normalise(notebook):
        print(f"{name}: dropped from standard error: {text.strip()}", file=sys.stderr)
    lighten_pictures(notebook)
    nbformat.validate(notebook)
    text = rename_widgets(nbformat.writes(notebook))
    (folder / f"{name}.ipynb").write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    return {"seconds": round(seconds, 1), "cells": digest}


def record_status(name, entry, root):
    """Put one chapter's run into ``chapters/status.json``, with the versions and the machine's kind."""
    from tlbook.runtime import hardware, versions

    path = root / "chapters" / "status.json"
    status = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    machine = {key: value for key, value in hardware().items() if key in ("machine", "cores")}
    status[name] = {**entry, **machine, "versions": versions()}
    ordered = {key: status[key] for key in list_chapters(root) if key in status}
    path.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def compare(name, root):
    """Tell in a line where a chapter's text and its notebook differ first; None where they agree."""
    import nbformat

    path = root / "chapters" / f"{name}.ipynb"
    if not path.exists():
        return f"{name}: there is no chapters/{name}.ipynb; run `make notebooks ONLY={name}`"
    stored = nbformat.read(path, as_version=4).cells
    text = read_text(path.with_suffix(".md")).cells
    if len(stored) != len(text):
        return f"{name}: {len(text)} cells in the text, {len(stored)} in the notebook; run `make notebooks ONLY={name}`"
    for number, (new, old) in enumerate(zip(text, stored, strict=True)):
        same = all(new[key] == old[key] for key in ("cell_type", "source"))
        if not same or any(new.metadata.get(key) != old.metadata.get(key) for key in KEPT_CELL_METADATA):
            return f"{name}: cell {number} differs between text and notebook; run `make notebooks ONLY={name}`"
    return None


def main(arguments=None, root=ROOT):
    """Execute or compare the chapters; 0: done, 1: a cell failed or text and notebook differ, 2: no such chapter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="chapters, without folder and suffix; all by default")
    parser.add_argument("--check", action="store_true", help="compare only")
    options = parser.parse_args(arguments)
    known = list_chapters(root)
    unknown = [name for name in options.names if name not in known]
    if unknown:
        print(f"notebooks: no chapter {unknown[0]!r}; _toc.yml has {', '.join(known)}", file=sys.stderr)
        return 2
    names = options.names or known
    if options.check:
        differences = [line for line in (compare(name, root) for name in names) if line]
        print("\n".join(differences) or f"notebooks: {len(names)} chapters, text and notebook agree")
        return 1 if differences else 0
    return run_all(names, root)


def run_all(names, root):
    """Execute chapters one after the other, up to the first that fails; return the exit status."""
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    for name in names:
        print(f"{name}: executing", flush=True)
        try:
            entry = execute(name, root)
        except (CellExecutionError, CellTimeoutError) as problem:
            print(f"{name}: {problem}", file=sys.stderr)
            return 1
        record_status(name, entry, root)
        print(f"{name}: {entry['seconds']} s")
    return collect_answers(names, root)


def collect_answers(names, root):
    """Store what the solutions of executed chapters show, for `tl.check`; return the exit status."""
    from tools.exercises import main as collect

    return collect(names, root=root)


if __name__ == "__main__":
    sys.exit(main())

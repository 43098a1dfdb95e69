"""Write the notebooks for readers: the executed chapters, as JupyterLab, Colab, VS Code and GitHub show them well.

    python tools/reader_notebooks.py

Boxes become quotations with their titles, roles become links to the published pages or words, hidden cells are
collapsed, every output is kept; the first cell sets up a hosted notebook. They go to ``_build/reader/``, which `make
lab` opens, and, where the book is built, behind the download button of its pages. A notebook in ``_build/reader/``
that its reader has changed stays as it is.
"""

import argparse
import base64
import hashlib
import json
import mimetypes
import sys
from dataclasses import replace
from pathlib import Path

if not __package__:  # run as a program
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tools.figures import number_captions
from tools.lessons import SOLUTION
from tools.notebooks import list_chapters
from tools.reader_links import find_site, read_address, read_names
from tools.reader_text import Count, RawText, convert, find_raw

ROOT = Path(__file__).resolve().parents[1]
READER = Path("_build") / "reader"
DOWNLOADS = Path("_build") / "html" / "_sources" / "chapters"
WRITTEN = ".written.json"  # digests of the notebooks as they were written, to see which a reader has changed
HIDDEN_SOURCE = {"remove-cell", "hide-cell", "hide-input", "remove-input"}
HIDDEN_OUTPUTS = {"remove-cell", "hide-cell", "hide-output", "remove-output"}
BOOK = "Transfer Learning with Little Data"


def write_setup(address):
    """Write the code of the first cell for a repository's address, or for none."""
    code = (Path(__file__).parent / "first_cell.py").read_text(encoding="utf-8").rstrip("\n")
    package = f"git+{address}" if address else ""
    return code.replace('PACKAGE = ""', f"PACKAGE = {json.dumps(package)}", 1)


def write_first_cells(name, names, address):
    """Write the two cells before a chapter: what this is, and the set-up."""
    from nbformat.v4 import new_code_cell, new_markdown_cell

    book = f"[{BOOK}]({names.site}/chapters/{name}.html)" if names.site else BOOK
    words = f"*A chapter of {book}, as a notebook: every cell can be run and changed.*"
    setup = new_code_cell(write_setup(address), id="reader-setup", metadata=collapse(source=True, outputs=False))
    return [new_markdown_cell(words, id="reader-about"), setup]


def collapse(*, source, outputs):
    """Metadata that collapse a cell's code, its outputs or both, in JupyterLab, VS Code and Colab."""
    jupyter = {**({"source_hidden": True} if source else {}), **({"outputs_hidden": True} if outputs else {})}
    return {**({"jupyter": jupyter} if jupyter else {}), **({"cellView": "form"} if source else {})}


def describe_kernel():
    """Metadata on the kernel as JupyterLab would write them, so that a notebook only opened has no changes to save."""
    from ipykernel.ipkernel import IPythonKernel
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        shown = KernelSpecManager().get_kernel_spec("python3").display_name
    except NoSuchKernel:
        shown = "Python 3"
    return {
        "kernelspec": {"display_name": shown, "language": "python", "name": "python3"},
        "language_info": dict(IPythonKernel.language_info),
    }


def convert_cell(cell, names, folder, count=None):
    """Turn one cell of a chapter, in place, into what reads well everywhere."""
    if cell.cell_type != "markdown":
        tags = set(cell.metadata.get("tags", []))
        solves = any(tag.startswith(SOLUTION) for tag in tags)
        hidden = {"source": bool(tags & HIDDEN_SOURCE) or solves, "outputs": bool(tags & HIDDEN_OUTPUTS) or solves}
        cell.metadata.update(collapse(**hidden))
        return
    pictures = {}
    cell["source"] = convert(cell.source, names, folder, pictures, count)
    if pictures:
        cell["attachments"] = {shown: {guess_type(path): encode(path)} for shown, path in pictures.items()}
    if left := find_raw(cell.source):
        raise RawText(f"{left[0]!r} is left raw")


def guess_type(path):
    """Media type of a picture by its name."""
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def encode(path):
    """A file's bytes in base 64."""
    return base64.b64encode(path.read_bytes()).decode()


def convert_chapter(name, names, address, root):
    """Convert one executed chapter; return the notebook."""
    import nbformat
    from nbformat.v4 import new_markdown_cell

    folder, names = root / "chapters", replace(names, page=f"chapters/{name}")
    notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    count = Count()
    captions = number_captions(notebook.cells)
    for number, cell in enumerate(notebook.cells):
        try:
            convert_cell(cell, names, folder, count)
        except (RawText, KeyError) as problem:
            raise RawText(f"chapters/{name}.md, cell {number}: {problem.args[0]}") from None
    for number, figure in reversed(captions.items()):  # from the last one on, so that the cells' numbers hold
        words = convert(figure.caption, names, folder)
        caption = new_markdown_cell(f"**Figure {number}.** {words}", id=f"figure-{number}")
        notebook.cells.insert(figure.cell + 1, caption)
    notebook.cells[0:0] = write_first_cells(name, names, address)
    notebook.metadata.update(describe_kernel(), colab={"toc_visible": True})
    nbformat.validate(notebook)
    return notebook


def digest(content):
    """Digest of a notebook as it was written."""
    return hashlib.sha256(content).hexdigest()


def store(texts, folder):
    """Write the notebooks into the reader's folder, but for those changed there; return the names of these."""
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / WRITTEN
    written = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    kept = []
    for file, content in texts.items():
        path = folder / file
        if path.exists() and digest(path.read_bytes()) not in {written.get(file), digest(content)}:
            kept.append(file)
            continue
        path.write_bytes(content)
        written[file] = digest(content)
    record.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return kept


def write_all(root):
    """Write every chapter's notebook for readers; return the lines to print."""
    import nbformat

    address, names = read_address(root), read_names(root)
    texts = {}
    for name in list_chapters(root):
        notebook = convert_chapter(name, names, address, root)
        texts[f"{name}.ipynb"] = (nbformat.writes(notebook).rstrip("\n") + "\n").encode()
    kept = store(texts, root / READER)
    if (root / DOWNLOADS).is_dir():
        for file, content in texts.items():
            (root / DOWNLOADS / file).write_bytes(content)
    lines = [
        f"{READER / file} was changed since it was written and stays; delete it to get the new one" for file in kept
    ]
    lines.append(f"{len(texts)} notebooks for readers, in {READER}")
    if not address:
        lines.append(
            "no repository.url in _config.yml: no launch buttons, no links to published pages, no set-up in Colab"
        )
    elif not find_site(address):
        lines.append(f"no published pages are known for {address}: links to them are words")
    return lines


def main(arguments=None):
    """Write the notebooks and say so; 1: a chapter has something that can't be written plainly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="the book's folder (default: this repository)")
    options = parser.parse_args(arguments)
    try:
        lines = write_all(options.root)
    except RawText as problem:
        print(f"reader_notebooks: {problem}", file=sys.stderr)
        return 1
    print("\n".join(f"reader_notebooks: {line}" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the book adds to sphinx-exercise: no id twice. The numbers are given by `tools/book_extension.py`."""

from docutils import nodes

INNER = ("exercise-content", "solution-content")  # sphinx-exercise gives every one of them this id


def tell_ids_apart(app, document):
    """Give the inner part of each exercise and solution an id of its own."""
    for section in document.findall(nodes.section):
        if section["ids"] and section["ids"][0].startswith(INNER):
            section["ids"] = [f"{section.parent['ids'][0]}-content"]


def setup(app):
    """Load sphinx-exercise and connect the step; return what Sphinx wants to know of an extension."""
    app.setup_extension("sphinx_exercise")
    app.connect("doctree-read", tell_ids_apart)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

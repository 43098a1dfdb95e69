"""``tlbook audit``: a second look at a folder before anything is trained."""

import json
import os
import sys

from tlbook.commands.arguments import name_flags
from tlbook.errors import BadInput, escape
from tlbook.models.choice import check_source
from tlbook.run.audit import audit

CLEAN, FINDINGS = 0, 1


def run_audit(options):
    """Print what a folder of images holds and what was found; return 1 where something was."""
    check_out(options.out, options.overwrite)
    if not options.quick:
        check_source(options.source, None)
    found = audit(
        options.folder, source=options.source, quick=options.quick, quiet=options.quiet, groups=options.groups,
        labels=options.labels, label_column=options.label_column, exclude=options.exclude,
        min_images=options.min_images, max_unreadable=options.max_unreadable, range=options.range,
    )  # fmt: skip
    text = json.dumps(found.as_dict(), indent=2, ensure_ascii=False) if options.json else escape_lines(repr(found))
    print(name_flags(text))
    if options.out:
        found.report(options.out, images=not options.no_images)
        if not options.quiet:
            print(f"tlbook: {options.out} was written", file=sys.stderr)
    if found.refused:
        sys.stdout.flush()
        raise BadInput(found.refused)
    return FINDINGS if found.findings else CLEAN


def check_out(out, overwrite):
    """Refuse a file that is there already, or that cannot be written, before anything is computed."""
    if out is None:
        return
    if out.is_dir():
        raise BadInput(f"received `out` {str(out)!r}, which is a folder; expected a file: {str(out / 'audit.html')!r}")
    if out.exists() and not overwrite:
        raise BadInput(f"received `out` {str(out)!r}, which exists; expected a new file; give another, or `overwrite`")
    if not out.parent.is_dir():
        raise BadInput(f"received `out` {str(out)!r}; expected a file in a folder that is there; make it first")
    if not os.access(out.parent, os.W_OK):
        raise BadInput(f"received `out` {str(out)!r}: no permission to write there; expected a folder of yours")


def escape_lines(text):
    """Write control characters of names as Python does, line by line."""
    return "\n".join(escape(line) for line in text.split("\n"))

"""``tlbook audit``: a second look at a folder before anything is trained."""

import json

from tlbook.commands.arguments import name_flags
from tlbook.evidence.audit import audit

CLEAN, FINDINGS = 0, 1


def run_audit(options):
    """Print what a folder of images holds and what was found; return 1 where something was."""
    found = audit(options.folder, groups=options.groups, quiet=options.quiet)
    text = json.dumps(found.as_dict(), indent=2, ensure_ascii=False) if options.json else repr(found)
    print(name_flags(text))
    return FINDINGS if found.findings else CLEAN

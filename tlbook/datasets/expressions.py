"""Regular expressions that a user gives for labels and groups: checked, and searched for within a time limit."""

import json
import re
import subprocess
import sys

from tlbook.errors import BadInput, is_path, shorten

SECONDS = 10
EXAMPLES = {"groups": "patient([0-9]+)", "labels": "(cat|dog)"}
# Python's expressions cannot be interrupted by a thread: a process of its own can be ended, on every system
PROGRAM = """
import json, re, sys
spec, names = json.load(sys.stdin)
found = map(re.compile(spec).search, names)
json.dump([match and (match.group(1) or "") for match in found], sys.stdout)
"""


def check_spec(argument, spec):
    """Refuse labels or groups that are neither a file nor an expression."""
    if spec is not None and not is_path(spec):
        raise BadInput(
            f"received `{argument}` {shorten(spec)}; expected the name of a CSV file, or a regular expression with "
            f"exactly one group, as in '{EXAMPLES[argument]}'"
        )


def match_names(argument, spec, names):
    """Return the matched group of each name ("" for an optional one that is absent), None where nothing matches."""
    try:
        pattern = re.compile(spec)
        fault = f"it has {pattern.groups} groups" if pattern.groups != 1 else None
    except (re.error, RecursionError, OverflowError) as error:
        fault = f"it is none ({error})"
    if fault:
        raise BadInput(
            f"received `{argument}` {shorten(spec)}; there is no such file in the folder or the working directory, and "
            f"as a regular expression {fault}; expected a CSV file or an expression with exactly one group, as in "
            f"'{EXAMPLES[argument]}'"
        )
    return _search(argument, spec, list(names))


def _search(argument, spec, names):
    """Search for an expression in a process of its own, for a limited time."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", PROGRAM], input=json.dumps([spec, names]), text=True,
            capture_output=True, timeout=SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise BadInput(
            f"received `{argument}` {shorten(spec)}, which was not through with {len(names)} names after {SECONDS} "
            "seconds; expected an expression that does not repeat what repeats itself, as (a+)+ does; simplify it"
        ) from error
    return json.loads(done.stdout)

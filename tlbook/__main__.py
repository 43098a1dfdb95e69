"""``python -m tlbook``: the chain as commands, with one line for what the user can mend."""

import os
import sys
import traceback
import warnings

from tlbook.commands.arguments import name_flags, parse_arguments
from tlbook.commands.signals import INTERRUPTED, handle_signals, raise_interrupt
from tlbook.errors import BAD_PATH, NO_SPACE, BadInput, escape

LONGEST_LINE = 4000
DONE, INTERNAL_ERROR, BAD_INPUT = 0, 1, 2


def main(arguments=None):
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        None takes those of the process.

    Returns
    -------
    int
        Exit status: 0 done, 1 internal error (or, for ``predict``, an image that could not be read), 2 bad input,
        130 interrupted.
    """
    with handle_signals(raise_interrupt):
        return _run_safely(arguments)


def _run_safely(arguments):
    """Run a command, and turn what goes wrong into one line and an exit status."""
    warnings.filterwarnings(
        "ignore", module="PIL|pydicom"
    )  # of a damaged tag or a large picture: lines with absolute paths
    _open_streams()
    try:
        return _run(arguments)
    except BadInput as error:
        return _say(str(error))
    except KeyboardInterrupt:
        print("tlbook: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return DONE
    except MemoryError:
        return _say("not enough memory; expected more, or less to do: fewer pixels a side, or fewer images at once")
    except OSError as error:
        where = error.filename or "the output"
        if error.errno in BAD_PATH:
            return _say(f"received {where!r}: {error.strerror}; expected a path that can be used; give another")
        if error.errno in NO_SPACE:
            _drop_output()
            return _say(f"no space left for {where}; free some, or choose another --out or TLBOOK_CACHE_DIR")
        traceback.print_exc()
    except Exception:
        traceback.print_exc()
    return INTERNAL_ERROR


def _run(arguments):
    """Run the command and write out what it printed: at Python's own end it would be too late to say what failed."""
    try:
        options = parse_arguments(arguments)
        status = options.run(options)
    except SystemExit as end:  # --help and --version
        status = end.code or DONE
    sys.stdout.flush()
    return status


def _open_streams():
    """Make standard streams that can be written to: none where they are closed, any file name where they are not."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (it lives as long as the process)
        elif getattr(stream, "errors", None) == "strict" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _drop_output():
    """Send what standard output can't write to nowhere: Python would try once more at its end, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _say(message):
    line = escape(" ".join(name_flags(message).split()))
    print("tlbook: error: " + (line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"), file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())

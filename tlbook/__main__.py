"""``python -m tlbook``: the chain as commands, with one line for what the user can mend."""

import errno
import signal
import sys
import traceback

from tlbook.commands.arguments import parse_arguments
from tlbook.errors import BadInput

NO_SPACE = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
DONE, INTERNAL_ERROR, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


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
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        options = parse_arguments(arguments)
        return options.run(options)
    except BadInput as error:
        return _say(str(error))
    except KeyboardInterrupt:
        print("tlbook: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except OSError as error:
        if error.errno in NO_SPACE:
            where = error.filename or "the output"
            return _say(f"no space left for {where}; free some, or choose another --out or TLBOOK_CACHE_DIR")
        traceback.print_exc()
    except Exception:
        traceback.print_exc()
    return INTERNAL_ERROR


def _say(message):
    print("tlbook: error: " + " ".join(message.split()), file=sys.stderr)
    return BAD_INPUT


def _interrupt(number, frame):
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

"""What Ctrl-C, a terminal that closes and ``kill`` do to a command."""

import contextlib
import os
import signal

INTERRUPTED = 130
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextlib.contextmanager
def handle_signals(handler):
    """Let a function of number and frame handle the signals that are not ignored (as ``nohup`` has one)."""
    numbers = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield before
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def raise_interrupt(number, frame):
    """Make any of the signals a KeyboardInterrupt, so that what was begun is cleaned up."""
    raise KeyboardInterrupt


@contextlib.contextmanager
def leave_on_signals(message):
    """Say a line and leave at once: inside TensorFlow's import or tracing a KeyboardInterrupt may be swallowed."""
    terminal = os.dup(2)  # while TensorFlow is imported, standard error itself leads nowhere

    def leave(number, frame):
        os.write(terminal, f"{message}\n".encode())
        os._exit(INTERRUPTED)

    try:
        with handle_signals(leave):
            yield
    finally:
        os.close(terminal)

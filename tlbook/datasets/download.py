"""Download one file through pooch: resumed where it was cut, and whole and right or not there at all."""

import errno
import logging
import os
import sys
import time
from pathlib import Path

from tlbook.errors import BadInput
from tlbook.files import lock_file

CHUNK_BYTES = 1 << 14
TIMEOUT_SECONDS = 30
# answers after which a server may well give the file a moment later
PASSING_STATUS = (408, 425, 429, 500, 502, 503, 504)


def download_file(url, path, *, digest=None, num_bytes=None, quiet=False, wait=1.0):
    """Download a file, unless it is there already with the right checksum; return its path.

    What arrives goes to ``<name>.part`` beside ``path``. A download that was cut off goes on from there, in this call
    or in a later one; the file gets its name when it is whole and its checksum (SHA-256, or ``md5:…``) is right.
    Each failure is bad input that names the address and where to put the file by hand.
    """
    path = Path(path)
    part = path.with_name(f"{path.name}.part")
    fetcher = ResumingDownloader(part, num_bytes=num_bytes, quiet=quiet, wait=wait)
    try:
        try:
            _retrieve(url, path, digest, fetcher)
        except ValueError as error:
            if isinstance(error, BadInput) or not fetcher.resumed:
                raise
            _retrieve(url, path, digest, fetcher)  # the old part may be of another version: once more, from nothing
    except BadInput as error:
        raise BadInput(f"{error}; or put the file by hand at {path}") from error.__cause__
    except ValueError as error:
        what = "other bytes than on record (its checksum differs)"
        raise BadInput(f"{url} gives {what}; expected {digest}; get the file elsewhere and put it at {path}") from error
    except OSError as error:
        reason = "no space left" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise BadInput(f"cannot write {path} ({reason}); make room there, or mend the rights, and try again") from error
    return path


class ResumingDownloader:
    """A downloader for pooch that goes on where an earlier download stopped.

    pooch's own starts from nothing each time. This one asks for the rest of ``part`` (an HTTP Range request), begins
    anew where the server does not give just that, and hands pooch the file when it is whole.

    Parameters
    ----------
    part : pathlib.Path
        What has arrived so far; kept when a download stops.
    num_bytes : int, optional
        Length of the whole file.
    retries : int
        Tries in a row that may bring nothing new.
    wait : float
        Seconds before the second try, doubled for each further one.
    quiet : bool
        True shows no progress bar.

    Attributes
    ----------
    resumed : bool
        Whether the last download began with bytes of an earlier one.

    References
    ----------
    RFC 9110, section 14 (range requests), doi:10.17487/RFC9110.
    """

    def __init__(self, part, *, num_bytes=None, retries=4, wait=1.0, quiet=False):
        self.part = part
        self.num_bytes = num_bytes
        self.retries = retries
        self.wait = wait
        self.quiet = quiet
        self.resumed = False

    def __call__(self, url, output_file, pooch=None):
        """Bring ``url`` to ``output_file``, as pooch asks."""
        Path(output_file).unlink(missing_ok=True)  # pooch's empty placeholder would outlive a killed process
        with self.part.open("ab") as file:
            if not lock_file(file):
                raise BadInput(f"{self.part} is being downloaded by another process; wait for it")
            self.resumed = _count_bytes(file) > 0
            try:
                self._complete(url, file)
            except BaseException:
                if not _count_bytes(file):
                    self.part.unlink()
                raise
            self.part.replace(output_file)

    def _complete(self, url, file):
        """Ask for what is missing until the file is whole."""
        from requests.exceptions import RequestException

        most, fruitless, reached = _count_bytes(file), 0, False
        while True:
            try:
                if _count_bytes(file) == self.num_bytes or self._stream(url, file):
                    return
                reason, reached = "the connection was cut", True
            except RequestException as error:
                reason = _explain(error)
                reached = reached or not _is_unreachable(error)
                if _is_final(error) or not reached:
                    raise BadInput(f"cannot download {url} ({reason}); check the address and the network") from error
            arrived = _count_bytes(file)
            fruitless = 0 if arrived > most else fruitless + 1
            most = max(most, arrived)
            if fruitless > self.retries:
                raise BadInput(f"cannot download {url} ({reason} after {arrived:,} bytes); try again, it goes on there")
            time.sleep(self.wait * 2 ** max(fruitless - 1, 0))

    def _stream(self, url, file):
        """Append what the server gives; return True when it says that this was all."""
        import requests

        start = _count_bytes(file)
        headers = {"Accept-Encoding": "identity"}  # a compressed answer has other offsets
        if start:
            headers["Range"] = f"bytes={start}-"
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as answer:
            first, total = _read_range(answer)
            if answer.status_code == 416 and total == start:
                return True
            if answer.status_code == 416 or first not in (0, start):
                file.truncate(0)
                return False
            answer.raise_for_status()
            if first != start:
                file.truncate(0)
            answer.raw.enforce_content_length = False  # urllib3 would throw the last bytes before a cut away
            with self._show_progress(total or self.num_bytes, first) as progress:
                for chunk in answer.iter_content(CHUNK_BYTES):
                    file.write(chunk)
                    progress.update(len(chunk))
                    self._check_length(url, file)
        return _count_bytes(file) == (self.num_bytes or total or _count_bytes(file))

    def _check_length(self, url, file):
        if self.num_bytes is not None and _count_bytes(file) > self.num_bytes:
            file.truncate(0)
            raise BadInput(f"{url} gives more than the {self.num_bytes:,} bytes on record; check the address")

    def _show_progress(self, total, first):
        from tqdm import tqdm

        name = self.part.name.removesuffix(".part")
        hidden = self.quiet or not sys.stderr.isatty()
        return tqdm(total=total, initial=first, unit="B", unit_scale=True, desc=name, leave=False, disable=hidden)


def _retrieve(url, path, digest, fetcher):
    import pooch

    log = pooch.get_logger()
    level = log.level
    log.setLevel(logging.WARNING)  # pooch announces every download on standard error
    try:
        pooch.retrieve(url, digest, fname=path.name, path=path.parent, downloader=fetcher)
    finally:
        log.setLevel(level)


def _read_range(answer):
    """Return the offset that the answer starts at and the whole length (None where it is not said)."""
    try:
        if answer.status_code in (206, 416):
            span, _, total = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
            first = -1 if answer.status_code == 416 else int(span.partition("-")[0])
            return first, int(total) if total.isdigit() else None
        return 0, int(answer.headers["Content-Length"]) if "Content-Length" in answer.headers else None
    except ValueError:
        return -1, None


def _count_bytes(file):
    file.flush()
    return os.fstat(file.fileno()).st_size


def _is_final(error):
    """Tell whether another try cannot help."""
    if error.response is not None:
        return error.response.status_code not in PASSING_STATUS
    return isinstance(error, ValueError)  # requests' own errors about the address are ValueErrors too


def _is_unreachable(error):
    """Tell whether no connection came about at all."""
    from requests.exceptions import ConnectTimeout, SSLError
    from urllib3.exceptions import NewConnectionError

    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, ConnectTimeout | SSLError) or isinstance(reason, NewConnectionError)


def _explain(error):
    if error.response is not None:
        return f"HTTP status {error.response.status_code}"
    if _is_unreachable(error):
        return "no connection to the server"
    return " ".join(str(error).split())[:80]

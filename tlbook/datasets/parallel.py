"""The same function on many images, in threads: Pillow decodes and resizes outside Python's global lock."""

from concurrent.futures import ThreadPoolExecutor

from tlbook.runtime import count_cores, show_progress


def map_in_threads(function, count, label, *, quiet=False):
    """Call a function for 0 … count - 1, in as many threads as there are cores; return the results in order.

    The first exception ends it; calls not begun are dropped, then as after an interrupt.
    """
    pool = ThreadPoolExecutor(max_workers=count_cores())
    try:
        return list(show_progress(pool.map(function, range(count)), label, total=count, quiet=quiet))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

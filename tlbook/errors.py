"""The one error that a user can mend: bad input; and what the system says where space or a path is the matter."""

import errno

NO_SPACE = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
BAD_PATH = frozenset({errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP})


class BadInput(ValueError):
    """Input that cannot be used, with one line on what came, what was expected and how to mend it.

    The commands print it as ``tlbook: error: <message>`` and exit with status 2.
    """

"""The one error that a user can mend: bad input; and what the system says where space or a path is the matter."""

import errno

NO_SPACE = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
BAD_PATH = frozenset({errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP})


class BadInput(ValueError):
    """Input that cannot be used, with one line on what came, what was expected and how to mend it.

    A message names an argument in backquotes (```groups```). The commands print the message as
    ``tlbook: error: <message>``, with the flag (``--groups``) in the argument's place, and exit with status 2.
    """

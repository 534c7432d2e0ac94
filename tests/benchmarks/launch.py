"""Run one command and tell its wall time and its peak of memory: `python -I -S launch.py STDOUT COMMAND...`.

A process of its own, and as small as can be: on Linux what a child is said to have used at its peak is at
least what its parent held when it started it.
"""

import json
import os
import sys
import time

if __name__ == "__main__":
    output, *command = sys.argv[1:]
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    start = time.perf_counter()
    child = os.posix_spawn(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, output, write, 0o600)]
    )
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps({"seconds": seconds, "peak": usage.ru_maxrss * unit}))
    sys.exit(1 if os.waitstatus_to_exitcode(status) else 0)

"""What a policy's Python has instead of a machine.

A component has no clock, no chance, no files, no threads and no streams: where CPython would reach for one, the call
ends as a trap without a text. So these modules put something deterministic in its place, or an exception.

- `clock`: `time` and `datetime` say the event's time.
- `chance`: `random`, `secrets`, `uuid` and `os.urandom` are drawn from the event's seed.
- `output`: `print`, `sys.stderr` and `logging` end in the policy's log.
- `forbidden`: files, sockets, processes, threads, waiting and late imports raise.
- `awaiting`: `async def` hooks run to their end.

`clock` and `chance` are installed before a policy is imported, so that `from time import time` takes the right one, and
pass on to Python's own until an event comes: what a module computes while it is imported is computed at build.
"""

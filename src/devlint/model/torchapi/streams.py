"""What waits for an accelerator, and what reads a tensor's memory on the CPU without doing so."""

from __future__ import annotations

WAITS: frozenset[str] = frozenset(
    "synchronize wait wait_stream wait_event query elapsed_time record_stream barrier wait_for_everyone".split()
)
"""Functions and methods, by their last name, after which earlier work of the accelerator may be taken as done."""

READS_ON_THE_HOST: frozenset[str] = frozenset("numpy item tolist __array__ __int__ __float__ __bool__".split())
"""Methods which read elements; of a tensor in CPU memory they do so at once."""

READING_FUNCTIONS: frozenset[str] = frozenset(
    "builtins.float builtins.int builtins.bool builtins.print builtins.str builtins.list numpy.asarray numpy.array"
    " numpy.save torch.save".split()
)
"""Functions which read the elements of their first argument."""

CLOCKS: frozenset[str] = frozenset(
    "time.time time.time_ns time.perf_counter time.perf_counter_ns time.monotonic time.monotonic_ns"
    " timeit.default_timer".split()
)
"""What tells the time of the CPU, which does not wait for an accelerator either."""

"""A process whose workers fill shared memory; it says so, and waits to be killed."""

import os
import time

from tests.data.stock import Noisy
from wengert import data

if __name__ == "__main__":
    batches = iter(data.DataLoader(Noisy(40, 9000), 2, num_workers=2, multiprocessing_context="fork"))
    next(batches)
    next(batches)
    print(*[name for name in os.listdir("/dev/shm") if name.startswith("wg")], flush=True)
    time.sleep(60)

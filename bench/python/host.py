"""Ray and multiprocessing as contenders: `host.py <contender> <case>`.

Reads one command a line on standard input ("round"; the end of input means "close") and answers
one line of JSON each on descriptor 3, as harness/host.ts does. Every case is a generator function
that yields the figures of one round each time it is resumed.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import time
import traceback

WORKERS = 2


class Skipped(Exception):
    pass


def per_second(batch, min_s=1.0):
    """Units of work per second; `batch` returns how many it did."""
    start = time.perf_counter()
    done, elapsed = 0, 0.0
    while elapsed < min_s:
        done += batch()
        elapsed = time.perf_counter() - start
    return done / elapsed


def echo(n):
    return n


# --- multiprocessing ---------------------------------------------------------------------------


def pool_tasks_sync(pool):
    def batch():
        for n in range(100):
            pool.apply(echo, (n,))
        return 100

    while True:
        yield {"tasks": per_second(batch)}


def pool_tasks_async(pool):
    def batch():
        for result in [pool.apply_async(echo, (n,)) for n in range(1_000)]:
            result.get()
        return 1_000

    while True:
        yield {"tasks": per_second(batch)}


# --- Ray ---------------------------------------------------------------------------------------


def ray_tasks_sync(ray):
    task = ray.remote(echo)

    def batch():
        for n in range(100):
            ray.get(task.remote(n))
        return 100

    while True:
        yield {"tasks": per_second(batch)}


def ray_tasks_async(ray):
    task = ray.remote(echo)

    def batch():
        ray.get([task.remote(n) for n in range(1_000)])
        return 1_000

    while True:
        yield {"tasks": per_second(batch)}


def ray_wait_refs(ray):
    task = ray.remote(echo)

    def batch():
        pending = [task.remote(n) for n in range(1_000)]
        while pending:
            _, pending = ray.wait(pending)
        return 1

    while True:
        yield {"rounds": per_second(batch)}


def ray_get_containing_refs(ray):
    create = ray.remote(lambda: [ray.put(1) for _ in range(10_000)])
    containing = create.remote()

    def batch():
        assert len(ray.get(containing)) == 10_000
        return 1

    while True:
        yield {"gets": per_second(batch)}


def ray_ref_arguments(ray):
    add = ray.remote(lambda *terms: sum(terms))
    while True:
        refs = [ray.put(n) for n in range(10_000)]
        start = time.perf_counter()
        assert ray.get(add.remote(*refs)) == 49_995_000
        yield {"called and returned": time.perf_counter() - start}


def ray_returns(ray):
    count = ray.remote(num_returns=3_000)(lambda: tuple(range(3_000)))
    while True:
        start = time.perf_counter()
        assert ray.get(count.remote())[-1] == 2_999
        yield {"called and returned": time.perf_counter() - start}


# --- fresh programs ----------------------------------------------------------------------------

BARE = "print(1)"
FRESH = {
    "ray": """
import ray
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
print(ray.get(ray.remote(lambda n: n).remote(42)), flush=True)
""",
    "multiprocessing": """
import multiprocessing
with multiprocessing.Pool(2) as pool:
    print(pool.apply(abs, (42,)), flush=True)
""",
}


def until_printed(program):
    """Milliseconds from the start of a Python until it printed; waits for its end."""
    start = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with child:
        child.stdout.readline()
        printed = time.perf_counter()
        child.stdout.read()
    assert child.returncode == 0, f"{program} ended with {child.returncode}"
    return (printed - start) * 1_000


def first_result(contender):
    while True:
        bare = until_printed(BARE)
        yield {"first result": until_printed(FRESH[contender]) - bare}


# --- the host ----------------------------------------------------------------------------------

POOL_CASES = {
    "single client tasks sync": pool_tasks_sync,
    "single client tasks async": pool_tasks_async,
}
RAY_CASES = {
    "single client tasks sync": ray_tasks_sync,
    "single client tasks async": ray_tasks_async,
    "single client wait 1k refs": ray_wait_refs,
    "single client get object containing 10k refs": ray_get_containing_refs,
    "10,000 ref arguments": ray_ref_arguments,
    "3,000 returns": ray_returns,
}


def import_ray():
    try:
        import ray
    except ImportError:
        raise Skipped(f"{sys.executable} has no Ray") from None
    return ray


def prepare(contender, case):
    """Returns the generator of rounds."""
    if contender == "ray":
        ray = import_ray()
        if case == "first result of a fresh program":
            return first_result(contender)
        ray.init(num_cpus=WORKERS, include_dashboard=False, logging_level="ERROR")
        return RAY_CASES[case](ray)
    if case == "first result of a fresh program":
        return first_result(contender)
    return POOL_CASES[case](multiprocessing.Pool(WORKERS))


def main():
    answers = os.fdopen(3, "w", buffering=1)

    def answer(message):
        answers.write(json.dumps(message) + "\n")

    try:
        rounds = prepare(*sys.argv[1:])
        next(rounds)
        answer({"ready": True})
        for _ in sys.stdin:
            answer({"figures": next(rounds)})
    except Skipped as reason:
        answer({"skipped": str(reason)})
    except Exception:
        answer({"failed": traceback.format_exc()})


main()

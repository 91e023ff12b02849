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


def scaled(amount):
    """A whole number, at least 1."""
    return max(1, round(amount * float(os.environ.get("MOBULA_BENCH_SCALE", "1"))))


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def until_gone(pid):
    """Of a process that is being ended: no other sign of its end reaches this one."""
    while os.path.exists(f"/proc/{pid}"):
        time.sleep(0.001)


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


class Echo:
    def echo(self, n):
        return n

    def pid(self):
        return os.getpid()


class Caller:
    def __init__(self, actors):
        self.actors = actors

    def call(self, calls, in_flight):
        import ray

        total = 0
        for start in range(0, calls, in_flight):
            numbers = range(start, min(start + in_flight, calls))
            total += sum(ray.get([self.actors[n % len(self.actors)].echo.remote(n) for n in numbers]))
        return total


def ray_actor_calls_sync(ray):
    actor = ray.remote(num_cpus=0)(Echo).remote()

    def batch():
        for n in range(100):
            assert ray.get(actor.echo.remote(n)) == n
        return 100

    while True:
        yield {"calls": per_second(batch)}


def ray_actor_calls_async(ray):
    actor = ray.remote(num_cpus=0)(Echo).remote()

    def batch():
        assert sum(ray.get([actor.echo.remote(n) for n in range(1_000)])) == 499_500
        return 1_000

    while True:
        yield {"calls": per_second(batch)}


def ray_actor_calls_many_to_many(ray):
    calls = 5_000
    actors = [ray.remote(num_cpus=0)(Echo).remote() for _ in range(WORKERS)]
    callers = [ray.remote(num_cpus=0)(Caller).remote(actors) for _ in range(WORKERS)]

    def batch():
        sums = ray.get([caller.call.remote(calls, 1_000 // WORKERS) for caller in callers])
        assert sums == [calls * (calls - 1) // 2] * WORKERS
        return calls * WORKERS

    while True:
        yield {"calls": per_second(batch)}


def ray_actor_calls_with_ref(ray):
    actor = ray.remote(num_cpus=0)(Echo).remote()

    def calls(following):
        assert not any(ray.get([actor.echo.remote(following()) for _ in range(1_000)]))
        return 1_000

    def with_one_ref():
        ref = ray.put(0)
        return calls(lambda: ref)

    while True:
        one_ref = per_second(with_one_ref)
        ref_each = per_second(lambda: calls(lambda: ray.put(0)))
        without = per_second(lambda: calls(lambda: 0))
        yield {
            "one ref": one_ref,
            "a ref each": ref_each,
            "without": without,
            "ratio": one_ref / without,
            "ratio of each": ref_each / without,
        }


def ray_many_actors(ray):
    """Fewer than Mobula's 1,000: at their speed those would take a quarter of an hour."""
    actors, alive_max = scaled(100), 50
    remote_class = ray.remote(num_cpus=0)(Echo)
    while True:
        resident, alive, created = [], {}, 0
        start = time.perf_counter()
        while created < actors or alive:
            while created < actors and len(alive) < alive_max:
                actor = remote_class.remote()
                alive[actor.pid.remote()] = actor
                created += 1
            [answered], _ = ray.wait(list(alive))
            pid = ray.get(answered)
            resident.append(resident_bytes(pid) / MIB)
            ray.kill(alive[answered])
            until_gone(pid)
            del alive[answered]
        elapsed = time.perf_counter() - start
        yield {
            "each": 1_000 * elapsed / actors,
            "largest": max(resident),
            "median": median(resident),
        }


def ray_stream(ray):
    """Fewer elements than Mobula's 1,000,000, which would take minutes a round."""
    count = scaled(20_000)
    every = max(1, count // 100)

    @ray.remote(_generator_backpressure_num_objects=1_024)
    def numbers(count):
        for n in range(count):  # Ray takes no `yield from` of what is no generator.
            yield n

    while True:
        resident, total = [], 0
        start = time.perf_counter()
        for received, ref in enumerate(numbers.remote(count), 1):
            total += ray.get(ref)
            if received % every == 0:
                resident.append(resident_bytes(os.getpid()) / MIB)
        elapsed = time.perf_counter() - start
        assert total == count * (count - 1) / 2
        kept = resident[len(resident) // 10 :]
        yield {"elements": count / elapsed, "resident": max(kept) - min(kept)}


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


GIB = 2**30
MIB = 2**20


def import_numpy():
    try:
        import numpy
    except ImportError:
        raise Skipped(f"{sys.executable} has no NumPy") from None
    return numpy


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def timed(act):
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def ray_put_large(ray):
    numpy = import_numpy()
    source = numpy.full(100 * MIB // 8, 1.5)
    target = source.copy()
    while True:
        puts, copies = [], []
        for _ in range(20):
            copies.append(timed(lambda: numpy.copyto(target, source)))
            puts.append(timed(lambda: ray.put(source)))
        put, memcpy = (source.nbytes / median(each) / 1e9 for each in (puts, copies))
        yield {"put": put, "memcpy": memcpy, "ratio": put / memcpy}


def ray_small_objects(ray):
    small = {"id": 17, "name": "small object", "tags": ["a", "b"], "at": 1.5}

    def puts(value):
        def batch():
            for _ in range(100):
                ray.put(value)
            return 100

        return per_second(batch, 0.5)

    def gets(value):
        ref = ray.put(value)

        def batch():
            for _ in range(100):
                ray.get(ref)
            return 100

        return per_second(batch, 0.5)

    while True:
        yield {
            "put": puts(0),
            "get": gets(0),
            "put of an object": puts(small),
            "get of an object": gets(small),
        }


def ray_await_stored(ray):
    numpy = import_numpy()
    stored = ray.put(numpy.ones(GIB // 8))
    while True:
        yield {"small heap": 1_000 * median([timed(lambda: ray.get(stored)) for _ in range(20)])}


def ray_read_parts(ray):
    numpy = import_numpy()
    tasks = 100
    length = GIB // 8 // tasks * tasks
    part = length // tasks
    stored = ray.put(numpy.arange(length, dtype=numpy.float64))
    add = ray.remote(lambda numbers, start: float(numbers[start : start + part].sum()))
    while True:
        start = time.perf_counter()
        sums = ray.get([add.remote(stored, index * part) for index in range(tasks)])
        elapsed = time.perf_counter() - start
        assert sum(sums) == length * (length - 1) / 2
        yield {"views of their own": elapsed, "shared views": elapsed}


def ray_refs_put_and_got(ray):
    refs = [ray.put(n) for n in range(10_000)]

    def batch():
        assert len(ray.get(ray.put(refs))) == 10_000
        return 1

    while True:
        yield {"rounds": per_second(batch)}


def ray_many_objects(ray):
    sizes = {"stored (100 KiB)": 102_400, "sent (100 KB)": 100_000}
    refs = {
        name: [ray.put(bytes([n % 256]) * size) for n in range(10_000)]
        for name, size in sizes.items()
    }
    while True:
        yield {name: timed(lambda: ray.get(each)) for name, each in refs.items()}


def ray_numerical(ray):
    numpy = import_numpy()
    try:
        from scipy.signal import convolve2d
    except ImportError:
        raise Skipped(f"{sys.executable} has no SciPy") from None

    def convolve(image, weights):
        return convolve2d(image, weights)[::5, ::5]

    random = numpy.random.default_rng(0)
    image = random.normal(size=(3_000, 3_000))
    filters = [random.normal(size=(4, 4)) for _ in range(WORKERS)]
    task = ray.remote(convolve)

    def with_ray():
        stored = ray.put(image)
        ray.get([task.remote(stored, weights) for weights in filters])

    def alone():
        for weights in filters:
            convolve(image, weights)

    while True:
        passes = [(timed(with_ray), timed(alone)) for _ in range(10)]
        own, serial = (median(each) for each in zip(*passes))
        yield {"pass": own, "speed-up": serial / own}


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
    "1:1 actor calls sync": ray_actor_calls_sync,
    "1:1 actor calls async": ray_actor_calls_async,
    "n:n actor calls async": ray_actor_calls_many_to_many,
    "1:1 actor calls with a ref async": ray_actor_calls_with_ref,
    "1,000 actors": ray_many_actors,
    "1,000,000 streamed elements": ray_stream,
    "single client wait 1k refs": ray_wait_refs,
    "single client get object containing 10k refs": ray_get_containing_refs,
    "10,000 ref arguments": ray_ref_arguments,
    "3,000 returns": ray_returns,
    "put of 100 MiB": ray_put_large,
    "small put and get": ray_small_objects,
    "await of a stored 1 GiB": ray_await_stored,
    "100 tasks reading 1 GiB": ray_read_parts,
    "10,000 refs put and got": ray_refs_put_and_got,
    "10,000 objects of 100 KB in one get": ray_many_objects,
    "numerical workload": ray_numerical,
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

"""A store behind a cache: is it still linearizable, and does its watch tell everything? Run: python check_a_cache.py [--forgetful]"""

import asyncio
import random
import sys

from pilothouse.testing.history import Commit, Recorder, WatchRecord, check_linearizable, check_watch
from pilothouse.testing.history.watches import Seen


async def a_moment():
    for _ in range(random.randrange(5)):
        await asyncio.sleep(0)


class CachedStore:
    """Your store. With `is_forgetful`, a write does not throw the cached value away."""

    def __init__(self, is_forgetful):
        self.is_forgetful = is_forgetful
        self.values, self.cache, self.log = {}, {}, []

    async def read(self, key):
        await a_moment()
        if key not in self.cache:
            self.cache[key] = self.values.get(key, (None, 0))
        return self.cache[key]

    async def write(self, key, value):
        await a_moment()
        revision = len(self.log) + 1
        self.values[key] = value, revision
        self.log.append(Commit(revision, key, value))
        if not (self.is_forgetful and revision % 10 == 0):
            self.cache.pop(key, None)
        return revision


async def client(name, store, recorder):
    for number in range(50):
        key = random.choice("ab")
        if random.random() < 0.5:
            call = recorder.call(name, key, "read")
            value, revision = await store.read(key)
            call.ok(value=value, revision=revision)
        else:
            call = recorder.call(name, key, "write", value=f"{name}-{number}")  # every value only once
            call.ok(revision=await store.write(key, f"{name}-{number}"))


async def main():
    random.seed(1)
    store, recorder = CachedStore("--forgetful" in sys.argv), Recorder()
    await asyncio.gather(*(client(f"client-{number}", store, recorder) for number in range(8)))

    watch = WatchRecord("watch of a")
    watch.opened(0)
    for commit in store.log:  # what your watch was told, one answer after the other
        if commit.key == "a":
            watch.events(Seen(commit.revision, commit.key, commit.value))

    violations = check_linearizable(recorder.operations)
    violations += check_watch(store.log, watch, prefix="a", until=store.log[-1].revision)
    print(f"{len(recorder.operations)} operations, {len(violations)} violations")
    for violation in violations:
        print(violation)


asyncio.run(main())

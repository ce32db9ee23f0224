"""kill -9 at random moments under load: what was acknowledged stays, and nothing is half there."""

import os
import random
import time
from pathlib import Path

import pytest

from harm.ledger import DISCONNECTED, Ledger
from harm.load import Load, people
from harm.wait import until
from registry.process import Registry

pytestmark = pytest.mark.own_server

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "20"))
LOAD_S = (0.05, 0.5)


def kill_while_it_starts(registry: Registry, after_s: float) -> None:
    registry.launch()
    time.sleep(after_s)
    registry.kill()


def test_kill_at_random_moments_loses_nothing_that_was_acknowledged(
    data_dir: Path, seed: int
) -> None:
    moments = random.Random(seed)
    ledger = Ledger()
    clients = people(ledger, seed)
    acknowledged = unanswered = 0

    with Registry(data_dir) as registry:
        for number in range(ROUNDS):
            # Given clients that create, replace, refresh and delete, and a reader of the news
            load = Load(registry, ledger, clients)
            load.start()
            time.sleep(moments.uniform(*LOAD_S))

            # When the server dies, and sometimes once more while it starts
            registry.kill()
            load.join()
            if moments.random() < 0.25:
                kill_while_it_starts(registry, moments.uniform(0, 0.03))
            registry.start()

            # Then each entry is as promised, and in every list that leads to it
            ledger.settle_and_check(registry)
            # … and news that nobody got can be had, now or after more crashes
            if moments.random() < 0.5:
                ledger.check_news(registry)
            acknowledged += load.acknowledged
            unanswered += len(load.unanswered_s)
            print(f"round {number}: {load.acknowledged} acknowledged, {load.told} told, "
                  f"{len(ledger.entries)} entries")

        # Then, at last, what had a short life is over, and somebody was told of it
        def short_lives_are_over() -> bool:
            seen = ledger.settle_and_check(registry)
            return all(seen[entry.id]["status"] == DISCONNECTED
                       for entry in ledger.stored() if entry.body["expires"] <= 1)

        until("end of short lives", short_lives_are_over)
        ledger.check_news(registry)

    # The test has tested something: load in each round, requests cut off by most kills
    assert acknowledged > 20 * ROUNDS
    assert unanswered >= ROUNDS

"""Two users want one id at the same moment, at two servers: one gets it, and everybody says who."""

import threading
from concurrent.futures import ThreadPoolExecutor

from harm.ledger import fetch
from lab.servers import Servers
from registry.bodies import hyperty
from registry.client import Client, piece

RACES = 1000
AT_ONCE = 4
USERS = ("user://x.org/ann@x.org", "user://x.org/bob@x.org")


def race(servers: Servers, numbers: range) -> list[tuple[int, int]]:
    """The statuses that both users got, for each number."""
    start = threading.Barrier(2, timeout=60)

    def claim(user: int) -> list[int]:
        clients = [server.client() for server in servers.all]
        statuses = []
        for number in numbers:
            client: Client = clients[(number + user) % len(clients)]
            start.wait()
            statuses.append(client.put_hyperty(USERS[user], f"race/{number}", hyperty()).status)
        return statuses

    with ThreadPoolExecutor(2) as pool:
        ann, bob = pool.map(claim, (0, 1))
    return list(zip(ann, bob))


def test_of_two_users_who_race_for_an_id_exactly_one_gets_it(three_servers: Servers) -> None:
    # When two users claim each of a thousand ids at once, at different servers
    parts = [range(first, RACES, AT_ONCE) for first in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda part: race(three_servers, part), parts))

    # Then one of them has it, and the other is told so
    outcomes = {number: pair for part, pairs in zip(parts, results)
                for number, pair in zip(part, pairs)}
    wrong = {number: pair for number, pair in outcomes.items() if sorted(pair) != [200, 404]}
    assert not wrong
    # … as every server says
    targets = [f"/hyperty/url/{piece(f'race/{number}')}" for number in outcomes]
    winners = [USERS[pair.index(200)] for pair in outcomes.values()]
    for server in three_servers.all:
        assert [answer.json["userID"] for answer in fetch(server, targets)] == winners
    print(f"race: the first user won {winners.count(USERS[0])} of {RACES}")

"""What a cluster is like: addresses, tokens, data centres. Kept in DIR/cluster.json."""

import dataclasses
import json
import pathlib

from .failure import Failure

RING = 2**64
RING_START = -(2**63)
# What cannot be changed once there are nodes.
FIXED = ("net", "data_centres", "netns", "first")


@dataclasses.dataclass
class Layout:
    directory: pathlib.Path
    # The first three numbers of the addresses; node I has I as the fourth.
    net: str = "127.0.0"
    data_centres: int = 1
    # The just-in-time compilers: "c1" or "both".
    jit: str = "c1"
    # Node I runs in the network namespace with this name and I behind it; none if empty.
    netns: str = ""
    auth: bool = False
    # Folder of the certificates for clients; no TLS if empty.
    tls: str = ""
    # How many nodes the cluster was made of; later ones bootstrap into it.
    first: int = 0

    def address(self, node):
        return f"{self.net}.{node}"

    def addresses(self, nodes):
        return ",".join(self.address(node) for node in nodes)

    def namespace(self, node):
        return f"{self.netns}{node}" if self.netns else ""

    def node_directory(self, node):
        return self.directory / f"node-{node}"

    def nodes(self):
        """The numbers of the nodes that have been started once."""
        found = (path.name[len("node-"):] for path in self.directory.glob("node-*"))
        return sorted(int(number) for number in found if number.isdigit())

    def centre(self, node):
        """Which data centre, from 0: the first nodes in even parts, the later ones in turn."""
        if node <= self.first:
            return (node - 1) * self.data_centres // self.first
        return (node - self.first - 1) % self.data_centres

    def seeds(self):
        """The first node of each data centre."""
        firsts = {}
        for node in range(1, self.first + 1):
            firsts.setdefault(self.centre(node), node)
        return self.addresses(firsts.values())

    def token(self, node):
        """The first nodes share the ring evenly, each data centre for itself; a later one comes
        midway between two of them."""
        centre = self.centre(node)
        mates = [mate for mate in range(1, self.first + 1) if self.centre(mate) == centre]
        arc = RING // len(mates)
        start = RING_START + 1 + 100 * centre
        if node in mates:
            return start + arc * mates.index(node)
        later = (node - self.first - 1) // self.data_centres
        return start + arc * (later % len(mates)) + arc // 2 ** (1 + later // len(mates))

    def save(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        values = {key: value for key, value in vars(self).items() if key != "directory"}
        (self.directory / "cluster.json").write_text(json.dumps(values) + "\n", encoding="utf-8")


def load(directory, options):
    """The layout in that folder, or a new one, with the options given; an option of a cluster
    that has been made may be left out, but not changed if all its nodes must share it."""
    directory = pathlib.Path(directory).resolve()
    file = directory / "cluster.json"
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    given = {key: value for key, value in options.items() if value is not None}
    for key in FIXED:
        if kept.get("first") and key in given and given[key] != kept[key]:
            option = key.replace("_", "-")
            raise Failure(f"{directory} was made with --{option} {kept[key]}: drop it first")
    if given.get("tls"):
        given["tls"] = str(pathlib.Path(given["tls"]).resolve())
    return Layout(directory, **{**kept, **given})

"""A stack's resources as Mermaid, which GitHub draws: its components, and the resources inside each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from delivery.outcome import MissingError, Report
from slipway.resource_graph import Resource, read_resources

AREAS = {  # titles of what a stack may have several components of, by the middle of their type's token
    "database": "Databases",
    "image": "Images",
    "service": "Services",
}
MOST_ALIKE = 4  # of the same type in a component: more are one node
PAGE = """<!-- `make reference` writes this page from the program: `slipway stack graph --stack {stack}`. -->
# What the program declares for {stack}

An arrow leads to what waits for the other: it is created later, and deleted earlier. An arrow is left out where a
longer way says the same.

## Components

```mermaid
{components}
```

## Resources

Each box is a component. `slipway stack graph --stack <stack>` draws this page for any stack file, without a cloud.

```mermaid
{resources}
```
"""
Edges = dict[str, set[str]]


def show(stack: str, file: Path | None) -> Report:
    """Print the page about a stack, or write it to a file.

    Raises:
        MissingError: there is no such stack file here.
        DocumentError, SettingsError, ReleaseError: as for `read_resources`.
    """
    if not Path(f"Pulumi.{stack}.yaml").is_file():
        raise MissingError(f"there is no Pulumi.{stack}.yaml here: go to the root of the checkout")
    resources = read_resources(stack)
    page = create_page(stack, resources)
    if file is None:
        print(page, end="")
    else:
        file.write_text(page, encoding="utf-8")
        print(file)
    facts = [{**vars(each), "after": sorted(each.after)} for each in resources]
    return Report(facts={"stack": stack, "resources": facts})


def create_page(stack: str, resources: Sequence[Resource]) -> str:
    """Return the page about a stack, as Markdown."""
    return PAGE.format(stack=stack, components=draw_components(resources), resources=draw_resources(resources))


def draw_components(resources: Sequence[Resource]) -> str:
    """Return a diagram of the components, those of one kind together."""
    roots = _find_roots(resources)
    components = [each for each in resources if roots[each.urn] == each.urn]
    kinds: dict[str, list[Resource]] = defaultdict(list)
    for each in components:
        kinds[each.type.split(":")[1]].append(each)
    lines: list[str] = []
    for kind, members in sorted(kinds.items()):
        nodes = [_node(_identify(each), each.name) for each in members]
        lines += _box(kind, AREAS[kind], nodes) if kind in AREAS else nodes
    names = {each.urn: _identify(each) for each in components}
    return _draw(lines, _reduce(_connect(resources, {urn: names[root] for urn, root in roots.items()})))


def draw_resources(resources: Sequence[Resource]) -> str:
    """Return a diagram of the resources: an arrow between components stands for those between their resources."""
    roots, by_urn = _find_roots(resources), {each.urn: each for each in resources}
    lines: list[str] = []
    inner: Edges = defaultdict(set)
    for root in sorted(set(roots.values()), key=lambda urn: _identify(by_urn[urn])):
        component = by_urn[root]
        own = [each for each in resources if roots[each.urn] == root and not each.is_component]
        nodes, places = _name_nodes(component, own)
        lines += _box(_identify(component), component.name, [_node(*each) for each in nodes.items()])
        inner |= _reduce(_connect(own, places))
    outer = _reduce(_connect(resources, {urn: _identify(by_urn[root]) for urn, root in roots.items()}))
    return _draw(lines, {**inner, **outer})


def _name_nodes(component: Resource, resources: Iterable[Resource]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the label of each node by its identifier, and the node of each resource by its URN."""
    alike: dict[str, list[Resource]] = defaultdict(list)
    for each in resources:
        alike[each.type].append(each)
    labels: dict[str, str] = {}
    places: dict[str, str] = {}
    for type_, group in sorted(alike.items()):
        kind = "Provider" if type_.startswith("pulumi:providers:") else type_.rpartition(":")[2]
        if len(group) > MOST_ALIKE:
            node = f"{_identify(component)}_{kind}"
            labels[node] = f"{len(group)} of {kind}"
            places |= dict.fromkeys((each.urn for each in group), node)
            continue
        for each in group:
            node = places[each.urn] = f"{_identify(component)}_{kind}_{_word(each.name)}"
            labels[node] = f"{each.name}<br/>{kind}"
    return labels, places


def _find_roots(resources: Iterable[Resource]) -> dict[str, str]:
    """Return the outermost component of each resource, by URN; one without any is its own."""
    parents = {each.urn: each.parent for each in resources}

    def climb(urn: str) -> str:
        return climb(parents[urn]) if parents[urn] else urn

    return {urn: climb(urn) for urn in parents}


def _connect(resources: Iterable[Resource], places: Mapping[str, str]) -> Edges:
    """Return which places come directly after which, other than after themselves."""
    edges: Edges = defaultdict(set)
    for each in resources:
        for before in each.after & places.keys():
            if each.urn in places and places[before] != places[each.urn]:
                edges[places[before]].add(places[each.urn])
    return edges


def _reduce(edges: Edges) -> Edges:
    """Return the edges without those that a longer way replaces."""
    left: Edges = {start: set(ends) for start, ends in edges.items()}
    for start in sorted(edges):
        for end in sorted(edges[start]):
            left[start].discard(end)
            if end not in _reach(left, start):
                left[start].add(end)
    return left


def _reach(edges: Edges, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        following = edges.get(waiting.pop(), set()) - found
        found |= following
        waiting += following
    return found


def _draw(lines: Iterable[str], edges: Edges) -> str:
    arrows = [f"  {start} --> {end}" for start in sorted(edges) for end in sorted(edges[start])]
    return "\n".join(["flowchart LR", *(f"  {line}" for line in lines), *arrows])


def _box(name: str, title: str, nodes: Iterable[str]) -> Iterator[str]:
    yield f'subgraph {name}["{title}"]'
    yield from (f"  {node}" for node in nodes)
    yield "end"


def _node(name: str, label: str) -> str:
    return f'{name}["{label}"]'


def _identify(component: Resource) -> str:
    """A word that no other component has: a service may be called as a database is."""
    return f"{_word(component.type.split(':')[1])}_{_word(component.name)}"


def _word(text: str) -> str:
    return re.sub(r"\W", "_", text)

"""Keys that an object of JSON or YAML has twice: parsers keep the last one, without a word."""

from collections.abc import Iterator

import yaml


def refuse(pairs: list[tuple]) -> dict:
    """An object of JSON, for `json.loads(object_pairs_hook=)`.

    Raises:
        ValueError: a key is there twice, and not with the same value.
    """
    content = dict(pairs)
    if len(content) < len(pairs):
        for key, value in pairs:
            if content[key] != value:
                where = f" of the object with the id {content['id']!r}" if "id" in content else ""
                raise ValueError(
                    f"the key {key!r}{where} is there twice, and all but the last would be lost"
                )
    return content


def in_yaml(document: yaml.Node | None) -> Iterator[str]:
    """A sentence for each key that a composed document has twice."""
    nodes, seen = [document], set()
    while nodes:
        node = nodes.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            nodes += [value for _, value in node.value]
            keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            lines = {}
            for key in keys:
                line, name = key.start_mark.line + 1, (key.tag, key.value)
                if name in lines:
                    yield f"line {line}: the key {key.value} stands in line {lines[name]} too"
                lines[name] = line

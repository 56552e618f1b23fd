"""Judges what was printed by man/schema/*.json: conforms.py SCHEMAS <KIND FILE lines. FILE has a document, or
JSON lines, among what else was said. Knows as much of JSON Schema as these schemas use, and refuses the rest; keys that
no schema describes are refused too. Prints how many rows of each kind were right.
"""
import collections
import json
import re
import sys

TYPES = {"null": type(None), "boolean": bool, "integer": int, "string": str, "array": list, "object": dict}
PASSIVE = {"$schema", "$id", "$defs", "title", "description", "properties", "patternProperties"}


def has_type(value, name):
    return isinstance(value, TYPES[name]) and not (name == "integer" and isinstance(value, bool))


def matches(value, schema):
    try:
        check(value, schema, "")
    except ValueError:
        return False
    return True


def check_keys(value, schema, where):
    for key, item in value.items():
        found = [schema["properties"][key]] if key in schema["properties"] else []
        found += [of for pattern, of in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
        for of in found or [schema.get("additionalProperties", False)]:
            if of is False:
                raise ValueError(f"{where}.{key}: nothing describes it")
            check(item, of, f"{where}.{key}")


def check(value, schema, where):
    tests = {
        "type": lambda types: any(has_type(value, name) for name in ([types] if isinstance(types, str) else types)),
        "minimum": lambda least: not has_type(value, "integer") or value >= least,
        "maximum": lambda most: not has_type(value, "integer") or value <= most,
        "enum": lambda names: value in names,
        "pattern": lambda pattern: not isinstance(value, str) or re.search(pattern, value),
        "anyOf": lambda schemas: any(matches(value, one) for one in schemas),
        "required": lambda keys: not isinstance(value, dict) or all(key in value for key in keys),
        "items": lambda of: not isinstance(value, list) or
        not any(check(item, of, f"{where}[]") for item in value),
        "additionalProperties": lambda of: True,
    }
    for keyword in schema.keys() - PASSIVE:
        if not tests[keyword](schema[keyword]):
            raise ValueError(f"{where}: {value!r} is not {keyword} {schema[keyword]!r}")
    if isinstance(value, dict):
        check_keys(value, schema, where)


def once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError(f"a key twice: {pairs}")
    return dict(pairs)


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    start = text.find("[\n") if text.startswith("[\n") or "\n[\n" in text else -1
    if start >= 0:
        return json.JSONDecoder(object_pairs_hook=once).raw_decode(text[start:])[0]
    return [json.loads(line, object_pairs_hook=once) for line in text.splitlines() if line.startswith("{")]


def main():
    counts = collections.Counter()
    for line in sys.stdin:
        kind, path = line.split()
        with open(f"{sys.argv[1]}/{kind}.json", encoding="utf-8") as file:
            schema = json.load(file)
        for row in rows_of(path):
            try:
                check(row, schema, "row")
            except ValueError as error:
                sys.exit(f"{kind}: {error}")
            counts[kind] += 1
    for kind, count in sorted(counts.items()):
        print(kind, count)


main()

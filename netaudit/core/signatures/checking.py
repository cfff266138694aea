"""Checks of signature files: form, vocabulary, patterns, and the examples that every signature must pass.

The form is also written down in `signatures/schema.json` for editors; these checks give sentences and need no library.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import re2

from netaudit.core.signatures.conditions import GROUPS, OPERATORS, Fact, pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netaudit.core.signatures.signature import Signature, SignatureSet
    from netaudit.core.signatures.vocabulary import Vocabulary

KEYS = {"id", "about", "when", "claims", "strength", "provenance", "examples"}
CLAIMS = {"devices": {"vendor", "product", "class"}, "services": {"service", "class", "holder"}}
PROVENANCE = ("documented", "code", "capture", "hearsay", "recalled")
DEEPEST = 8
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def check_entry(entry: Any, kind: str, vocabulary: Vocabulary) -> list[str]:
    """What is wrong with the form of one entry."""
    if not isinstance(entry, dict):
        return ["is no mapping"]
    missing, extra = KEYS - set(entry), set(entry) - KEYS
    problems = [f"lacks {name}" for name in sorted(missing)] + [
        f"unknown key {name}" for name in sorted(map(str, extra))
    ]
    if problems:
        return problems
    if not isinstance(entry["id"], str) or not isinstance(entry["about"], str):
        problems.append("id and about must be texts")
    elif not ID.fullmatch(entry["id"]):
        problems.append("an id is made of small letters, digits and hyphens")
    if entry["strength"] not in ("declared", "strong", "weak"):  # a tuple: it may be anything, hashable or not
        problems.append(f"strength {entry['strength']!r} is none of declared, strong, weak")
    problems += _provenance(entry["provenance"])
    problems += _claims(entry["claims"], kind, vocabulary, extracts="(?P<" in str(entry["when"]))
    problems += list(_condition(entry["when"], vocabulary))
    return problems + _examples(entry["examples"], vocabulary)


def _provenance(value: Any) -> list[str]:
    if not isinstance(value, dict) or value.get("kind") not in PROVENANCE or not value.get("source"):
        return [f"provenance needs a kind ({', '.join(PROVENANCE)}) and a source"]
    return []


def _claims(claims: Any, kind: str, vocabulary: Vocabulary, *, extracts: bool = False) -> list[str]:
    if not isinstance(claims, dict) or not (claims or extracts):
        return ["claims nothing"]
    problems = [f"claims unknown {name}" for name in sorted(map(str, set(claims) - CLAIMS[kind]))]
    if not all(isinstance(value, str) for value in claims.values()):
        return [*problems, "claims must be texts"]
    if "vendor" in claims and claims["vendor"] not in vocabulary.vendors:
        problems.append(f"vendor {claims['vendor']!r} is not in vocabulary/vendors.txt")
    classes = vocabulary.classes if kind == "devices" else vocabulary.services
    if "class" in claims and claims["class"] not in classes:
        problems.append(f"class {claims['class']!r} is not in the vocabulary")
    return problems


def _condition(node: Any, vocabulary: Vocabulary, depth: int = 0) -> Iterator[str]:
    if not isinstance(node, dict) or depth > DEEPEST:
        yield "a condition must be a mapping, and not nested too deep"
        return
    if len(node) == 1 and set(node) <= {"all", "any"}:
        parts = next(iter(node.values()))
        if not isinstance(parts, list) or not parts:
            yield "all and any need a list"
            return
        for part in parts:
            yield from _condition(part, vocabulary, depth + 1)
    elif set(node) == {"not"}:
        yield from _condition(node["not"], vocabulary, depth + 1)
    else:
        yield from _leaf(node, vocabulary)


def _leaf(node: Mapping[str, Any], vocabulary: Vocabulary) -> Iterator[str]:
    operators = [name for name in OPERATORS if name in node]
    if len(operators) != 1 or set(node) != {"fact", operators[0]}:
        yield f"a condition on a fact needs the fact and one of {', '.join(OPERATORS)}: {dict(node)}"
        return
    if not isinstance(node["fact"], str) or node["fact"] not in vocabulary.fields:
        yield f"field {node['fact']!r} is not in vocabulary/fields.txt"
    yield from _wanted(operators[0], node[operators[0]])


def _wanted(operator: str, value: Any) -> Iterator[str]:
    if operator in {"least", "most"}:
        if not isinstance(value, int | float):
            yield f"{operator} needs a number"
    elif operator == "exists":
        if value is not True:
            yield "exists takes true; for its absence say not"
    elif operator == "regex":
        yield from _pattern(value)
    else:
        words = value if isinstance(value, list) else [value]
        if not words or not all(isinstance(word, str | int | float) and str(word) for word in words):
            yield f"{operator} needs a text, or a list of texts: {value!r}"
        elif operator == "domain" and not all(str(word).strip(".") for word in words):
            yield "domain needs names"


def _pattern(text: Any) -> Iterator[str]:
    if not isinstance(text, str):
        yield f"regex needs a text: {text!r}"
        return
    try:
        unknown = set(pattern(text).groupindex) - GROUPS
    except re2.error as error:
        yield f"pattern {text!r}: {error}"
        return
    if unknown:
        yield f"pattern extracts unknown {sorted(unknown)}"


def _examples(examples: Any, vocabulary: Vocabulary) -> list[str]:
    parts = [examples.get(name) for name in ("match", "no_match")] if isinstance(examples, dict) else [None]
    if not all(isinstance(part, list) and part for part in parts):
        return ["needs examples: at least one match and one no_match"]
    problems = []
    for example in [*examples["match"], *examples["no_match"]]:
        facts = example.get("facts") if isinstance(example, dict) else None
        if not isinstance(facts, dict) or not facts:
            problems.append("an example needs facts")
        else:
            problems += [f"example names unknown field {name!r}" for name in facts if name not in vocabulary.fields]
            if not isinstance(example.get("extracts", {}), dict):
                problems.append("extracts of an example must be a mapping")
    return problems


def example_facts(example: Mapping[str, Any]) -> dict[str, list[Fact]]:
    """Facts of an example by field."""
    return {
        name: [Fact(name, str(value)) for value in (values if isinstance(values, list) else [values])]
        for name, values in example["facts"].items()
    }


def failed_examples(signatures: SignatureSet) -> list[str]:
    """Signatures whose examples do not give what they promise."""
    problems: list[str] = []
    for signature in (*signatures.devices, *signatures.services):
        problems += [f"{signature.file}: {signature.id}: {problem}" for problem in _failed(signature)]
    return problems


def _failed(signature: Signature) -> Iterator[str]:
    for example in signature.examples:
        hit = signature.condition.holds(example_facts(example))
        if hit is None:
            yield f"does not match {example['facts']}"
            continue
        for name, value in example.get("extracts", {}).items():
            if hit.extracted.get(name) != value:
                yield f"extracts {name} {hit.extracted.get(name)!r}, not {value!r}, from {example['facts']}"
    for example in signature.counterexamples:
        if signature.condition.holds(example_facts(example)) is not None:
            yield f"matches {example['facts']}"

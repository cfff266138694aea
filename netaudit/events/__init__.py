"""From fields to persons, identity numbers and events: identity data, rules, inference."""

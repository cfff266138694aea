"""Pure facts about hosts."""

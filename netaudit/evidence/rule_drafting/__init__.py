"""What analysts write and check signatures with: drafts, examples, explanations, a case named once more."""

"""Papers made of a case: the record of extraction for Word, its tables for a spreadsheet."""

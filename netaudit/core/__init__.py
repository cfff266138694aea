"""Building blocks below all stages: contracts, text, masking, table schema, storage, system, signatures."""

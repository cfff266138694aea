"""From the streams of a run to settled tables: order, joined pieces, distinct images, the manifest."""

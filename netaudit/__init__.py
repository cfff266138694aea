"""netaudit: which devices moved whose face images, when and to whom, from packet captures, as evidence."""

__version__ = "0.1.0"

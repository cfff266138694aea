"""Mail: SMTP."""

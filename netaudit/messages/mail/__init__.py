"""Mail: SMTP, POP3, IMAP."""

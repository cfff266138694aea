"""The report: a case as one HTML file for people, in Chinese or English."""

"""Many sites, one picture: audits by a plan, on one machine or several, and questions over all their cases."""

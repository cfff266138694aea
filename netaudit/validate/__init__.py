"""Known answers against this copy: captures made by generators of their own, what a reader must tell, a certificate."""

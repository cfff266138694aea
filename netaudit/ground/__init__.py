"""What every stage may stand on and that knows none of them: addresses, masking, text, kernels, the cache."""

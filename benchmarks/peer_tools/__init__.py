"""What other tools tell of a capture, as records of the test specification."""

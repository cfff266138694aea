"""How an audit runs: the way of the data, composed once; workers, start-up, the last step."""

"""All that netaudit gives people, and one case in which a person stands everywhere: none of it may show them."""

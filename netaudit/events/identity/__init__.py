"""Identity data in documents, and the records of persons made of it."""

OFFERS = ("from_unwrapping", "records")  # what other stages may take, through their doors

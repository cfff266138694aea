"""What became of each way by which something left, from one visit to the next: tables of cases → outcomes, with power.

`visit` reads a case, `matching` says which device is which, `occasions` and `power` how much an absence is worth,
`judging` what became of each route, `saying` tells it in both languages, `pages` as a page.
"""

"""How good the answers are: each command of `ant` on tasks that are checked by their effect."""

"""What every room may use: facts, refusals, the actor, numbers and time. No Django, no database, no network."""

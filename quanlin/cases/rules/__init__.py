"""What holds for cases, as tables and pure functions: catalogue, moves, clocks, numbers, words."""

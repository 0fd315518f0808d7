"""Pure parts of the demonstration: how an invented case goes on, and what invented people say."""

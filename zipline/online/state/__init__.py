"""What the state of an entity is: facts, documents of them, partials, and values folded from both. No I/O."""

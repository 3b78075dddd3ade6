"""Where the online state lives: Redis or one folder, behind one Protocol, by one meaning of every call."""

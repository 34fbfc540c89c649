"""Files that are traps because of what is in them: each is read or refused within a bound on time and memory."""

"""Pages and figures about runs, made from their folders."""

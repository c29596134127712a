"""Films of nobody: a generator trained on the public films of children, and the checks that no patient shines through."""

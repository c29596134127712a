"""Films of nobody: a generator trained on the public films of children, and checks that no patient shines through."""

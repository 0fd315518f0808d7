"""Pure rules of the journal: what is hashed (content), the tree, signed heads (notes), proofs.

Only the standard library and Ed25519 of ``cryptography``: a proof must be checkable without this program.
"""

"""Evidence as documents: the certificate of a run, and the kill table of the zoo."""

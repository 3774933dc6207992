"""Methods that learn to reconstruct what is normal: what they cannot reconstruct is odd."""

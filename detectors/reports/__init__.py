"""Reports as one HTML file each, readable without a network and without a script."""

"""Work that is not a frame: each kind of job a file, and the runner that leases and ends them."""

"""How fast the product is on this machine, beside a bare Django under the same server: `make bench`."""

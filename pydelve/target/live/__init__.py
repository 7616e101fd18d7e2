"""Live processes: launched ones now, attached ones later. Linux; each OS's own ways stay in modules of their own."""

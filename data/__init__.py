"""Cards, weights and results: installed as the package ``tlbook_data``, so that files can be found by name."""

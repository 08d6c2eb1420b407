"""The vendors, one folder each; `catalogue.json` is generated from them."""

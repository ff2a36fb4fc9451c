"""What an answer may draw on: pages of the web, searched, fetched, read, and held against what is claimed of them."""

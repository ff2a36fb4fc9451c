"""What it cost: usage rows and the ledger."""

"""The gateways beside us: how each is installed, started and asked."""

"""All peers, in the order in which they are asked."""

from __future__ import annotations

from bench.gateway.peers.litellm import LiteLLM
from bench.gateway.peers.nginx import Nginx
from bench.gateway.peers.peer import Peer
from bench.gateway.peers.portkey import Portkey

PEERS: tuple[Peer, ...] = (Nginx(), Portkey(), LiteLLM())

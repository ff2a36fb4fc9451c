"""The same on a bare socket, HTTP by hand: about the least that Python can do with its `json`."""

import json
import socket
import sys

body = json.dumps({"messages": [{"role": "user", "content": "hi"}], "brew": "ask", "model": "default", "stream": True})
head = "POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    connection.sendall((head % (sys.argv[2], len(body)) + body).encode())
    for line in connection.makefile("rb"):
        if line.startswith(b"data: "):
            sys.stdout.write(json.loads(line[6:]).get("text", ""))
            sys.stdout.flush()

"""The least that the standard library's HTTP client needs for a whole answer: what `ant ask` is held against."""

import http.client
import json
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
body = {"messages": [{"role": "user", "content": "hi"}], "brew": "ask", "model": "default", "stream": True}
headers = {"Authorization": f"Bearer {sys.argv[2]}", "Content-Type": "application/json"}
connection.request("POST", "/v1/chat", json.dumps(body), headers)
for line in connection.getresponse():
    if line.startswith(b"data: "):
        sys.stdout.write(json.loads(line[6:]).get("text", ""))
        sys.stdout.flush()

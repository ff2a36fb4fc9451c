"""What joins `ant` and the shell: scripts, and the recorder that a shell runs under."""

"""What people meet in a browser: pages made on the server, without a script."""

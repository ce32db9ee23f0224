"""What the Python tests share: a server to start, a clock to turn, a client to talk with."""

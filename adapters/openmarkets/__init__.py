"""The broker Open Markets over HTTP: the client, and a sandbox that answers as the broker does."""

"""The HTTP server: raw ASGI, so that it adds little to a read of a tenth of a millisecond."""

"""The same work by others, each written the fastest way that its library offers."""

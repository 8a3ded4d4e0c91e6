"""HTTP and WebSocket: routes named after the stages."""

"""Tasks of asyncio and trio, and greenlets."""

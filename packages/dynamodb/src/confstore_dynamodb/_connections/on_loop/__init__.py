"""Calls on asyncio loops: the client, its connections on one loop, and one of them."""

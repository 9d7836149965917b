"""The reading strategies of 2014."""

"""The AWS emulator of the local cloud: ministack with the gaps closed that our stack meets."""

"""`make demo`: the whole product on this machine, fed by a shop's clickstream through an unmodified SDK."""

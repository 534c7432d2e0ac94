"""EDGE: where a membership is persisted, one file a storage backend."""

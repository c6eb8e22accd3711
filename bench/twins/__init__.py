"""The same functions as others would write them: what ours are raced against."""

"""The default test run takes only `test_*.py` from here: the rest times things, or needs `bench`."""

collect_ignore_glob = ["[!t]*.py", "t[!e]*.py", "alternatives/*"]

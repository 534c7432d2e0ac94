"""Settings for the whole suite: hypothesis without deadlines, since the machine may be shared."""

from hypothesis import settings

settings.register_profile("suite", deadline=None, print_blob=True)
settings.load_profile("suite")
